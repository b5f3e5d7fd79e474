import type { ClaimDeps } from "../ipam/claim.ts";
import type { Hints } from "../ipam/address_allocator.ts";
import type { Ledger } from "../ipam/ledger.ts";
import type { ObjectStore } from "../ipam/object_store.ts";
import type { BootClock } from "../shared/host/boot_clock.ts";
import type { Run } from "../shared/host/run.ts";
import type { Logger } from "../shared/log.ts";
import type { RecordStore } from "../ipam/record_store.ts";

/** What attaching and detaching a sandbox needs of the world. */
export interface SandboxDeps {
  readonly run: Run;
  readonly clock: BootClock;
  readonly records: RecordStore;
  readonly hints: Hints;
  readonly objects: ObjectStore;
  readonly log: Logger;
  readonly random: () => number;
  /** Milliseconds on a monotonic clock. */
  readonly monotonicMs: () => number;
  /** Waits; rejects when the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The part of it that claims and releases objects for one sandbox. */
export function claimDepsOf(deps: SandboxDeps, sandbox: { ledger: Ledger; containerID: string }): ClaimDeps {
  return { objects: deps.objects, delay: deps.delay, ...sandbox };
}
