import { CniError, messageOf } from "../shared/errors.ts";
import type { AllocationRecord } from "./allocation_record.ts";
import { keyOf, type OwnedObject } from "./ledger.ts";
import type { NodeDeps } from "./record_keeper.ts";

/** What stays of a record of which only writes of unknown fate are left. */
export type Doubtful<R> = (record: R) => R;

/**
 * Ends an ADD that went well: its record says `attached`. Writes of unknown fate that gave the sandbox nothing go into a
 * doubtful record beside it, so that what comes of them is settled while the sandbox lives on.
 */
export function writeAttached<R extends AllocationRecord>(
  record: R,
  { deps, doubtful }: { deps: NodeDeps<R>; doubtful: Doubtful<R> },
): void {
  const own = record.objects.filter(({ uid }) => uid !== undefined);
  const doubts = record.objects.filter(({ uid }) => uid === undefined);
  if (doubts.length > 0) deps.records.write({ ...doubtful({ ...record, objects: doubts }), state: "doubtful" });
  deps.records.write({ ...record, objects: own, state: "attached" }, record.state);
}

/** Turns a record into a doubtful one; one that stands beside it is merged into it. */
export function turnDoubtful<R extends AllocationRecord>(
  record: R,
  { deps, doubtful }: { deps: NodeDeps<R>; doubtful: Doubtful<R> },
): void {
  const objects = new Map<string, OwnedObject>(findBeside(record, deps).map((object) => [keyOf(object), object]));
  for (const object of record.objects) objects.set(keyOf(object), object);
  const merged = { ...record, objects: [...objects.values()] };
  deps.records.write({ ...doubtful(merged), state: "doubtful" }, record.state);
}

function findBeside<R extends AllocationRecord>(record: R, { records, log }: NodeDeps<R>): readonly OwnedObject[] {
  const [file] = record.state === "doubtful"
    ? []
    : records.find(record).filter(({ state, podUID }) => state === "doubtful" && podUID === record.pod.uid);
  if (!file) return [];
  try {
    return records.read(file).objects;
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    const kept = records.keepDamaged(file);
    log.error("a doubtful record was damaged; the cleaner finds what came of its writes", {
      record: file.path,
      kept,
      error: messageOf(error),
    });
    return [];
  }
}
