import { withFreed } from "./allocate_freed.ts";
import type { Hints } from "./allocator_deps.ts";

/** Tries to lock a hint's file, which each process holds for some 0.1 ms, and the pause between two of them. */
const TRIES = 5;
const PAUSE_MS = 1;

/** What the file of what was freed ends with; that of the last address taken ends with the family. */
const FREED = ".freed";

/** More than the addresses of a hint take. */
const MAX_BYTES = 1024;

/**
 * {@linkcode Hints} in two small files a pool, which processes of the node lock for the instant that they read and write
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
    take: (pool, choose) =>
      attempt(pool, (file) => {
        const next = choose(read(file)[0]);
        // What cannot be written is not answered either: the same would be chosen the next time.
        if (next !== undefined) write(file, [next]);
        return next;
      }),
    remember: (pool, value) => attempt(pool, (file) => write(file, [value])),
    freed: (pool) => attempt(pool + FREED, read) ?? [],
    noteFreed: (pool, value) => attempt(pool + FREED, (file) => write(file, withFreed(read(file), value))),
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
function write(file: Deno.FsFile, values: readonly bigint[]): void {
  const bytes = new TextEncoder().encode(values.join("\n"));
  file.seekSync(0, Deno.SeekMode.Start);
  file.truncateSync(file.writeSync(bytes));
}
