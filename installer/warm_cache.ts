import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import type { Run } from "../shared/host/run.ts";

/** Deno's options of all executables: nothing but what is in the bundle, no configuration, no lock file, no downloads. */
export const ISOLATION: readonly string[] = ["--no-config", "--no-lock", "--no-npm", "--no-remote"];

/**
 * V8's options of a plugin's process, which lives for a tenth of a second: what is compiled when a file is loaded, which
 * Deno keeps, is all of it; nothing is compiled a second time before it has run often; and there is room for all objects
 * of one call (decision 14). Compiled code counts only for the options that it was compiled with.
 */
export const PLUGIN_V8_FLAGS = "--v8-flags=--no-lazy,--no-sparkplug,--min-semi-space-size=4";

/** What each call of a plugin loads: the chunk of `verbs.ts`, with what that imports. */
const VERBS = /^verbs-\w+\.js$/;

/** Loads the modules that are its arguments, and the parts of Deno that plugins use; Deno keeps what it compiled. */
const LOADER = `
for (const path of Deno.args) await import("file://" + path);
await (await fetch("data:,")).text();
structuredClone({});
atob("");
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
 * Lets Deno analyse the bundles of a folder of launchers, and compile what each call of a plugin needs, so that the
 * first Pods need not wait for it. Ten first starts at once, on a busy disk, otherwise wait up to 2 s for each other's
 * entries. Deno knows files by their absolute path: whoever moves or copies the folder repeats this.
 *
 * @param dir absolute path of the folder that holds `deno`, `lib/` and `cache/`
 * @param executables names of folders in `lib/`
 * @throws {CommandError} with what Deno says
 * @throws {Error} of SQLite, when the caches cannot be read or written
 */
export async function warmCache(dir: string, executables: readonly string[], deps: WarmDeps): Promise<void> {
  const { runtime, run, signal } = deps;
  const cache = join(dir, "cache");
  await Deno.mkdir(cache, { recursive: true, mode: 0o755 });
  const env = { DENO_DIR: cache, DENO_NO_UPDATE_CHECK: "1" };
  const files = executables.flatMap((executable) => {
    const lib = join(dir, "lib", executable);
    return Array.from(Deno.readDirSync(lib), ({ name }) => ({ name, path: join(lib, name) }));
  });
  // One by one: bundles import their chunks in a way that Deno does not foresee.
  const scripts = files.filter(({ name }) => name.endsWith(".js")).map(({ path }) => path);
  await run([runtime, "cache", "--quiet", ...ISOLATION, ...scripts], { env, signal });
  const verbs = files.filter(({ name }) => VERBS.test(name)).map(({ path }) => path);
  const flags = [...ISOLATION, "--no-prompt", "--ext=js", PLUGIN_V8_FLAGS, `--allow-read=${dir}`];
  await run([runtime, "run", "--quiet", ...flags, "-", ...verbs], { env, signal, stdin: LOADER });
  checkpoint(cache);
}

/**
 * Moves what was written into the caches' own files. Deno's processes leave all of it in SQLite's write-ahead log, which
 * the next one reads from end to end, while no other has the cache open: 3 MB, and 10 ms of a start.
 */
function checkpoint(cache: string): void {
  const logs = Array.from(Deno.readDirSync(cache), ({ name }) => name).filter((name) => name.endsWith("-wal"));
  for (const log of logs) {
    const database = new DatabaseSync(join(cache, log.slice(0, -"-wal".length)));
    using _open = database;
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
}
