import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import type { SandboxLock } from "./sandbox_lock.ts";

/**
 * Marks an attachment as detached, if the disk takes it: one too full for that is too full for the record of a late ADD,
 * too, so it is no reason for DEL to fail.
 */
export function buryQuietly(lock: SandboxLock, { log, containerID }: { log: Logger; containerID: string }): void {
  try {
    lock.bury();
  } catch (error) {
    log.warn("a detached sandbox could not be marked as such", { containerID, error: messageOf(error) });
  }
}
