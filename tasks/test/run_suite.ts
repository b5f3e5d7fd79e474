import { join } from "node:path";
import { runLogged } from "../support/run_logged.ts";
import { countJunit } from "./junit.ts";
import type { Suite } from "./suites.ts";
import type { Outcome } from "./summary.ts";

/**
 * Runs one suite by one `deno test`; its output goes to stdout (unless `quiet`) and to a log.
 *
 * @param options.args further arguments for `deno test`, such as `--filter=x`, or files instead of the suite's
 */
export async function runSuite(
  suite: Suite,
  { root, args, quiet = false }: { root: string; args: readonly string[]; quiet?: boolean },
): Promise<Outcome> {
  const paths = await pathsOf(suite, { root, args });
  if (paths === undefined) {
    return { suite: suite.name, kind: "ran", exitCode: 0, counts: { passed: 0, failed: 0, ignored: 0 } };
  }
  return await denoTest(suite, {
    root,
    what: suite.name,
    args: [...args, ...paths],
    log: join(root, "logs", `test-${suite.name}.log`),
    quiet,
  });
}

/**
 * Runs one `deno test` with a suite's permissions.
 *
 * @param options.what names it in the outcome
 * @param options.log file for all output
 */
export async function denoTest(
  suite: Suite,
  { root, what, args, log, quiet }: {
    root: string;
    what: string;
    args: readonly string[];
    log: string;
    quiet: boolean;
  },
): Promise<Outcome> {
  const report = await Deno.makeTempFile({ prefix: `danm-${suite.name}-`, suffix: ".xml" });
  try {
    const argv = [Deno.execPath(), "test", "--no-prompt", ...suite.permissions, `--junit-path=${report}`];
    if (suite.ignore.length > 0) argv.push(`--ignore=${suite.ignore.join(",")}`);
    const exitCode = await runLogged([...argv, ...args], { cwd: root, log, quiet });
    return { suite: what, kind: "ran", exitCode, counts: countJunit(await Deno.readTextFile(report)) };
  } finally {
    await Deno.remove(report);
  }
}

/** What to add to `deno test`: nothing when `args` name files already; undefined when the suite has no files at all. */
async function pathsOf(
  suite: Suite,
  { root, args }: { root: string; args: readonly string[] },
): Promise<readonly string[] | undefined> {
  if (args.some((arg) => !arg.startsWith("-"))) return [];
  const found = await existing(suite.paths, root);
  return found.length === 0 ? undefined : found;
}

async function existing(paths: readonly string[], root: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    try {
      await Deno.stat(join(root, path));
      found.push(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found;
}
