import type { Hints } from "./allocator_deps.ts";

/** Longest name of a hint's file; the names of pools are shorter. */
const MAX_NAME = 255;

/**
 * {@linkcode Hints} in one small file a pool, which processes of the node lock for the instant that they read and write
 * it. A hint that is lost or damaged costs some probes, nothing else.
 */
export function createHintFiles(dir: string): Hints {
  Deno.mkdirSync(dir, { recursive: true, mode: 0o700 });
  return {
    take(pool, choose): bigint | undefined {
      using file = openHint(dir, pool);
      const next = choose(file && read(file));
      if (file && next !== undefined) write(file, next);
      return next;
    },
    remember(pool, value): void {
      using file = openHint(dir, pool);
      if (file) write(file, value);
    },
  };
}

/** The hint's file, locked; undefined when it cannot be opened. Each holder has it for an instant only. */
function openHint(dir: string, pool: string): Deno.FsFile | undefined {
  if (pool.length > MAX_NAME || pool.includes("/")) throw new TypeError(`not the name of a pool: ${pool}`);
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(`${dir}/${pool}`, { create: true, read: true, write: true, mode: 0o600 });
  } catch (_lost) {
    return undefined;
  }
  file.lockSync(true);
  return file;
}

function read(file: Deno.FsFile): bigint | undefined {
  const buffer = new Uint8Array(64);
  const length = file.readSync(buffer) ?? 0;
  const text = new TextDecoder().decode(buffer.subarray(0, length)).trim();
  return /^\d+$/.test(text) ? BigInt(text) : undefined;
}

function write(file: Deno.FsFile, value: bigint): void {
  file.truncateSync(0);
  file.seekSync(0, Deno.SeekMode.Start);
  file.writeSync(new TextEncoder().encode(String(value)));
}
