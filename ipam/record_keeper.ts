import type { BootClock } from "../shared/host/boot_clock.ts";
import type { Logger } from "../shared/log.ts";
import type { Hints } from "./allocator_deps.ts";
import type { AllocationRecord } from "./allocation_record.ts";
import type { ClaimDeps } from "./claim.ts";
import type { Ledger } from "./ledger.ts";
import type { ObjectStore } from "./object_store.ts";
import type { RecordFile, RecordStore } from "./record_store.ts";

/** What taking and releasing addresses on a node needs of the world. */
export interface NodeDeps<R extends AllocationRecord> {
  readonly clock: BootClock;
  readonly records: RecordStore<R>;
  readonly hints: Hints;
  readonly objects: ObjectStore;
  readonly log: Logger;
  readonly random: () => number;
  /** Waits; rejects when the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What a command knows of an attachment besides its record; all of it may be unknown. */
export interface KnownOfAttachment {
  readonly podNamespace?: string | undefined;
  readonly networkName?: string;
}

/** What a plugin does with its records in a way of its own. */
export interface RecordKeeper<R extends AllocationRecord> {
  readonly deps: NodeDeps<R>;
  /** Reads a record, its attachment being locked; one that is damaged is made again. */
  open(file: RecordFile, options: { signal: AbortSignal; known?: KnownOfAttachment }): Promise<R>;
  /**
   * Undoes everything that the record names, and removes it, or leaves it `doubtful`.
   *
   * @throws {AggregateError} of everything that failed; the record then stays
   */
  detach(record: R, options: { signal: AbortSignal }): Promise<void>;
  /** Whether the sandbox is certainly no more; absent = the records do not tell. */
  isOver?(record: R): boolean;
}

/** The part of it that claims and releases objects for one sandbox. */
export function claimDepsOf(
  deps: Pick<NodeDeps<AllocationRecord>, "objects" | "delay">,
  sandbox: { ledger: Ledger; containerID: string },
): ClaimDeps {
  return { objects: deps.objects, delay: deps.delay, ...sandbox };
}
