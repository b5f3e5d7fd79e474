import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import type { AllocationRecord } from "./allocation_record.ts";
import { buryQuietly } from "./bury.ts";
import type { KnownOfAttachment, NodeDeps, RecordKeeper } from "./record_keeper.ts";
import type { RecordFile } from "./record_store.ts";
import { type SandboxLock, TOMBSTONE_SECONDS } from "./sandbox_lock.ts";

/** Wait between two looks at a lock that another process holds, in milliseconds. */
const POLL_MS = 10;

/** An attachment that is being made. */
export interface NewAttachment {
  readonly containerID: string;
  readonly ifname: string;
  /** Boot clock when the ADD was called. */
  readonly startedAt: number;
  readonly signal: AbortSignal;
}

/**
 * Refuses an ADD that comes after the DEL of the same attachment.
 *
 * @throws {CniError} code 104
 */
export function refuseDetached(lock: SandboxLock, containerID: string): void {
  if (lock.detachedFor === undefined) return;
  throw new CniError(
    ErrorCode.InvalidRequest,
    `sandbox ${containerID} was detached ${Math.round(lock.detachedFor)} s ago`,
    {
      details:
        `a container id is attached again after ${TOMBSTONE_SECONDS} s at the earliest: a late ADD must not undo a DEL`,
    },
  );
}

/**
 * Undoes what an ADD of this very attachment left when it died.
 *
 * @returns records that only wait for writes of unknown fate
 * @throws {CniError} code 104 when it is attached already
 */
export async function clearOwnPast<R extends AllocationRecord>(
  attachment: NewAttachment & { known: KnownOfAttachment },
  keeper: RecordKeeper<R>,
): Promise<R[]> {
  const { containerID } = attachment;
  const { records } = keeper.deps;
  for (const file of records.find(attachment)) {
    if (file.state === "attached") {
      throw new CniError(ErrorCode.InvalidRequest, `sandbox ${containerID} is attached already`, {
        details: "ADD is not repeated on an attached sandbox; DEL comes first",
      });
    }
    if (file.state !== "doubtful") await keeper.detach(await keeper.open(file, attachment), attachment);
  }
  return await Promise.all(records.find(attachment).map((file) => keeper.open(file, attachment)));
}

/**
 * Detaches what this node still has of older sandboxes of the Pod: of one Pod only the newest sandbox lives.
 *
 * @throws {CniError} code 104 when this is not the newest: an ADD that hung while another sandbox took its place
 */
export async function clearOlderSandboxes<R extends AllocationRecord>(
  attachment: NewAttachment & { podUID: string; known: KnownOfAttachment },
  keeper: RecordKeeper<R>,
): Promise<void> {
  for (const file of keeper.deps.records.list()) {
    if (file.podUID !== attachment.podUID || file.containerID === attachment.containerID) continue;
    if (file.state !== "doubtful") await clearOlder(file, attachment, keeper);
  }
}

async function clearOlder<R extends AllocationRecord>(
  file: RecordFile,
  attachment: NewAttachment & { known: KnownOfAttachment },
  keeper: RecordKeeper<R>,
): Promise<void> {
  const { containerID, startedAt, signal, known } = attachment;
  const { clock, log } = keeper.deps;
  using lock = await lockLeft(file, { deps: keeper.deps, signal });
  const [still] = leftOf(file, keeper.deps);
  if (!lock || !still) return;
  const record = await keeper.open(still, { signal, known });
  // A time behind now is from before the last boot.
  if (record.startedAt > startedAt && record.startedAt <= clock()) {
    throw new CniError(ErrorCode.InvalidRequest, `sandbox ${containerID} is superseded by ${file.containerID}`, {
      details: "its ADD started later for the same Pod; of one Pod only the newest sandbox lives",
    });
  }
  try {
    await keeper.detach(record, { signal });
    buryQuietly(lock, { log, containerID: file.containerID });
  } catch (error) {
    // Its own DEL comes, or the sweep; a static address of it is taken over anyway.
    log.warn("an older sandbox of the Pod could not be detached", { record: file.path, error: messageOf(error) });
  }
}

/**
 * Locks an older sandbox, as long as something of it is left; undefined when nothing is: who has the lock then may be
 * its next ADD, which waits for the Pod's lock, and that is ours.
 */
async function lockLeft<R extends AllocationRecord>(
  file: RecordFile,
  { deps, signal }: { deps: NodeDeps<R>; signal: AbortSignal },
): Promise<SandboxLock | undefined> {
  while (leftOf(file, deps).length > 0) {
    const lock = deps.records.tryLock(file);
    if (lock) return lock;
    await deps.delay(POLL_MS, signal).catch((cause) => {
      throw new CniError(ErrorCode.TryAgain, `sandbox ${file.containerID} of the same Pod is busy`, { cause });
    });
  }
  return undefined;
}

function leftOf<R extends AllocationRecord>(file: RecordFile, { records }: NodeDeps<R>): RecordFile[] {
  return records.find(file).filter(({ state }) => state !== "doubtful");
}
