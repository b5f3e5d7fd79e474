import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Run } from "../shared/host/run.ts";
import { ISOLATION, PLUGIN_V8_FLAGS } from "./runtime_options.ts";

/** What each call of a plugin loads: the chunk of `verbs.ts`, with what that imports. */
const VERBS = /^verbs-\w+\.js$/;

/** SQLite's write-ahead logs, each beside its database. */
const LOG = /-wal$/;

/** A log may be that long, in bytes: what a plugin seldom loads is compiled, and written, when it first does. */
const MAX_LOG_BYTES = 256 * 1024;

/** How long moving a log waits for plugins that are at work, in milliseconds; nothing else is done meanwhile. */
const BUSY_MS = 200;

/** Loads the modules that are its arguments, and the parts of Deno that plugins use; Deno keeps what it compiled. */
const LOADER = `
for (const url of Deno.args) await import(url);
await (await fetch("data:,")).text();
Deno.Command;
`;

/** What makes caches. */
export interface WarmDeps {
  /** The runtime that the executables have, of that path or of another. */
  readonly runtime: string;
  readonly run: Run;
  readonly signal: AbortSignal;
}

/**
 * Lets Deno analyse the bundles of a folder of launchers, and compile what each call of a plugin needs, so that no Pod
 * need wait for it. Ten first starts at once, on a busy disk, otherwise wait up to 2 s for each other's entries. Deno
 * knows files by their absolute path: whoever moves or copies the folder repeats this.
 *
 * @param dir absolute path of the folder that holds `deno`, `lib/` and `cache/`
 * @param executables names of folders in `lib/`
 * @throws {CommandError} with what Deno says
 * @throws {Error} when the caches are in use, or cannot be written, which Deno says nothing of
 */
export async function warmCache(dir: string, executables: readonly string[], deps: WarmDeps): Promise<void> {
  const { runtime, run, signal } = deps;
  const cache = join(dir, "cache");
  await Deno.mkdir(cache, { recursive: true, mode: 0o755 });
  const env = { DENO_DIR: cache, DENO_NO_UPDATE_CHECK: "1" };
  // One by one: bundles import their chunks in a way that Deno does not foresee.
  const scripts = executables.flatMap((executable) => filesOf(join(dir, "lib", executable), /\.js$/));
  await run([runtime, "cache", "--quiet", ...ISOLATION, ...scripts], { env, signal });
  const verbs = verbsOf(dir, executables).map((path) => pathToFileURL(path).href);
  const flags = [...ISOLATION, "--no-prompt", "--ext=js", PLUGIN_V8_FLAGS, `--allow-read=${dir}`];
  await run([runtime, "run", "--quiet", ...flags, "-", ...verbs], { env, signal, stdin: LOADER });
  for (const log of filesOf(cache, LOG)) moveLog(log);
  if (!isWarm(dir, executables)) throw new Error(`Deno kept nothing in ${cache}: is there no space left?`);
}

/**
 * Whether {@linkcode warmCache} has done its work, and nothing has undone it: one of the caches is at least as large as
 * what calls of the plugins load, whose compiled code is larger, and none has a long log.
 */
export function isWarm(dir: string, executables: readonly string[]): boolean {
  try {
    const files = filesOf(join(dir, "cache"), /./);
    const logs = files.filter((path) => LOG.test(path));
    const databases = files.filter((path) => !/-(wal|shm)$/.test(path));
    const neededBytes = sum(verbsOf(dir, executables).map(sizeOf));
    return logs.every((path) => sizeOf(path) <= MAX_LOG_BYTES) && databases.some((path) => sizeOf(path) >= neededBytes);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/**
 * Moves what was written into the database itself. Deno's processes leave all of it in the log, which the next one reads
 * from end to end, while no other has the cache open: 3 MB, and 10 ms of a start.
 *
 * @see https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
 */
function moveLog(log: string): void {
  const database = new DatabaseSync(log.replace(LOG, ""), { timeout: BUSY_MS });
  using _open = database;
  const answer = database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
  if (answer?.["busy"] !== 0) throw new Error(`${log} is in use`);
}

function verbsOf(dir: string, executables: readonly string[]): string[] {
  return executables.flatMap((executable) => filesOf(join(dir, "lib", executable), VERBS));
}

/** Paths of the files of a folder whose names match. */
function filesOf(dir: string, name: RegExp): string[] {
  return Array.from(Deno.readDirSync(dir)).filter((entry) => entry.isFile && name.test(entry.name))
    .map((entry) => join(dir, entry.name));
}

function sizeOf(path: string): number {
  return Deno.statSync(path).size;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
