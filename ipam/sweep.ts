import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import type { AllocationRecord } from "./allocation_record.ts";
import { isInDoubt } from "./ledger.ts";
import type { NodeDeps, RecordKeeper } from "./record_keeper.ts";
import type { RecordFile } from "./record_store.ts";

/** What one command does for others, besides its own work. */
const LIMITS = {
  /** Records that it looks into. */
  looks: 16,
  /** Records that it settles, or fails to. */
  settles: 4,
};

/**
 * Looks after what others left behind on this node: attaching and detaching that died or failed, and that no runtime
 * comes back for; and writes of unknown fate, once nothing can come of them any more. A few at a time, because every
 * command does some of it: it costs one listing of the directory and a few files, however many there are.
 *
 * Failures are logged: the next command tries again.
 */
export async function sweep<R extends AllocationRecord>(keeper: RecordKeeper<R>, signal: AbortSignal): Promise<void> {
  const { deps } = keeper;
  const left = listLeft(deps);
  // From anywhere on, so that some that fail again and again, or are not due, are not in the way of all others.
  const start = Math.floor(deps.random() * left.length);
  let settled = 0;
  for (const file of [...left.slice(start), ...left.slice(0, start)].slice(0, LIMITS.looks)) {
    if (settled === LIMITS.settles || signal.aborted) return;
    if (!isDue(file, deps)) continue;
    try {
      if (await settle(file, { keeper, signal })) settled++;
    } catch (error) {
      settled++;
      deps.log.warn("what a sandbox left behind could not be released; the next command tries again", {
        record: file.path,
        error: messageOf(error),
      });
    }
  }
}

/** Whether an ADD failed for want of an address, which a sweep may find. */
export function isShortage({ code }: CniError): boolean {
  return code === ErrorCode.PoolExhausted || code === ErrorCode.AddressInUse;
}

/** A directory that cannot be listed is no reason to fail for a command that has done its own work. */
function listLeft<R extends AllocationRecord>(deps: NodeDeps<R>): RecordFile[] {
  try {
    return deps.records.list().filter(({ state }) => state !== "attached");
  } catch (error) {
    deps.log.warn("the records of this node cannot be listed", { error: messageOf(error) });
    return [];
  }
}

/** Without its lock, so that one that is not due costs no more than reading it; who has the lock looks again. */
function isDue<R extends AllocationRecord>(file: RecordFile, { records, clock }: NodeDeps<R>): boolean {
  if (file.state !== "doubtful") return true;
  try {
    return !records.read(file).objects.some((object) => isInDoubt(object, clock()));
  } catch (error) {
    // Damaged, or gone meanwhile.
    if (error instanceof CniError) return true;
    throw error;
  }
}

async function settle<R extends AllocationRecord>(
  file: RecordFile,
  options: { keeper: RecordKeeper<R>; signal: AbortSignal },
): Promise<boolean> {
  const { keeper } = options;
  const { records, clock } = keeper.deps;
  using lock = records.tryLock(file);
  // Whoever holds the lock is at work on it; and the state may have changed before we got it.
  if (!lock || !records.has(file)) return false;
  const record = await keeper.open(file, options);
  if (record.state === "doubtful" && record.objects.some((object) => isInDoubt(object, clock()))) return false;
  await keeper.detach(record, options);
  if (lock.detachedFor === undefined && records.find(file).length === 0) lock.remove();
  return true;
}
