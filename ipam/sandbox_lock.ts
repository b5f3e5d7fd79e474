import { type BootClock, elapsedSeconds } from "../shared/host/boot_clock.ts";
import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";

/** How long a sandbox that was detached cannot be attached again, in seconds: a late ADD of a restarting runtime. */
export const TOMBSTONE_SECONDS = 300;

/** Wait between two looks at a lock that another process holds, in milliseconds. */
const POLL_MS = 10;

/** The exclusive right to work on one sandbox; the kernel takes it back when the process dies. */
export interface SandboxLock extends Disposable {
  /** Seconds since the sandbox was detached, if that was less than {@linkcode TOMBSTONE_SECONDS} ago. */
  readonly detachedFor: number | undefined;
  /** Notes that the sandbox is detached now. */
  bury(): void;
  /** Removes the file: nothing is known of this sandbox any more. */
  remove(): void;
}

/**
 * Locks a sandbox, by a file of that name in `dir`.
 *
 * @throws {CniError} code 11 when another process works on the sandbox until the signal aborts
 */
export async function lockSandbox(
  path: string,
  options: { clock: BootClock; signal: AbortSignal },
): Promise<SandboxLock> {
  for (;;) {
    const lock = tryLockSandbox(path, options.clock);
    if (lock) return lock;
    if (options.signal.aborted) {
      throw new CniError(
        ErrorCode.TryAgain,
        `${path.slice(path.lastIndexOf("/") + 1)} is busy: another process attaches or detaches it`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/**
 * Locks a sandbox unless another process has it.
 *
 * @throws {CniError} code 5 when its file cannot be made
 */
export function tryLockSandbox(path: string, clock: BootClock): SandboxLock | undefined {
  const file = openLock(path);
  // A file that was removed between open and lock is nobody's lock any more.
  if (!file.tryLockSync(true) || !isSameFile(file, path)) {
    file.close();
    return undefined;
  }
  return {
    detachedFor: readTombstone(path, clock),
    bury: () => Deno.writeTextFileSync(path, String(clock())),
    remove: () => Deno.removeSync(path),
    [Symbol.dispose]: () => file.close(),
  };
}

function openLock(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { create: true, read: true, write: true, mode: 0o600 });
  } catch (cause) {
    throw new CniError(ErrorCode.IoFailure, `lock ${path} cannot be opened: ${messageOf(cause)}`, { cause });
  }
}

function isSameFile(file: Deno.FsFile, path: string): boolean {
  try {
    return file.statSync().ino === Deno.statSync(path).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function readTombstone(path: string, clock: BootClock): number | undefined {
  const text = Deno.readTextFileSync(path).trim();
  const at = Number(text);
  if (text === "" || !Number.isFinite(at)) return undefined;
  const age = elapsedSeconds(at, clock());
  return age < TOMBSTONE_SECONDS ? age : undefined;
}
