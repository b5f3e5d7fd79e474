import { noteTaken } from "./allocate_recent.ts";
import type { Hints } from "./allocator_deps.ts";

/** Tries to lock a hint's file, which each process holds for some 0.1 ms, and the pause between two of them. */
const TRIES = 5;
const PAUSE_MS = 1;

/** More than the addresses of a hint take. */
const MAX_BYTES = 1024;

/**
 * {@linkcode Hints} in one small file a pool, which processes of the node lock for the instant that they read and write
 * it. A hint that is lost or damaged costs some probes, nothing else; one that cannot be read, written or locked at
 * once is reported and done without.
 *
 * @param dir is made when the first hint is written
 */
export function createHintFiles(dir: string, { onFailure }: { onFailure: (error: unknown) => void }): Hints {
  function attempt<T>(pool: string, work: (file: Deno.FsFile) => T): T | undefined {
    try {
      using file = openLocked(dir, pool);
      return work(file);
    } catch (error) {
      onFailure(error);
      return undefined;
    }
  }
  return {
    take(pool, choose): bigint | undefined {
      return attempt(pool, (file) => {
        const recent = read(file);
        const next = choose(recent);
        // What cannot be written is not answered either: the same would be chosen the next time.
        if (next !== undefined) write(file, noteTaken(recent, { taken: next }));
        return next;
      });
    },
    remember(pool, change): void {
      attempt(pool, (file) => write(file, noteTaken(read(file), change)));
    },
  };
}

/** @throws {Error} when it cannot be opened, or another process keeps it locked */
function openLocked(dir: string, pool: string): Deno.FsFile {
  if (pool.includes("/")) throw new TypeError(`not the name of a pool: ${pool}`);
  const file = open(dir, `${dir}/${pool}`);
  try {
    lock(file, `${dir}/${pool}`);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

function open(dir: string, path: string): Deno.FsFile {
  const options = { create: true, read: true, write: true, mode: 0o600 };
  try {
    return Deno.openSync(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.mkdirSync(dir, { recursive: true, mode: 0o700 });
    return Deno.openSync(path, options);
  }
}

/** Never waits for long: a process that was stopped while it held the lock would stop all others. */
function lock(file: Deno.FsFile, path: string): void {
  for (let tries = TRIES; !file.tryLockSync(true); tries--) {
    if (tries === 1) throw new Error(`${path} is locked by another process`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

function read(file: Deno.FsFile): bigint[] {
  const buffer = new Uint8Array(MAX_BYTES);
  const length = file.readSync(buffer) ?? 0;
  const lines = new TextDecoder().decode(buffer.subarray(0, length)).trim().split("\n");
  return lines.every((line) => /^\d+$/.test(line)) ? lines.map(BigInt) : [];
}

/** Truncated after it is written, so that a full disk leaves the old hint rather than none. */
function write(file: Deno.FsFile, recent: readonly bigint[]): void {
  const bytes = new TextEncoder().encode(recent.join("\n"));
  file.seekSync(0, Deno.SeekMode.Start);
  file.truncateSync(file.writeSync(bytes));
}
