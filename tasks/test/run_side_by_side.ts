import { join } from "node:path";
import type { Progress } from "../../tests/support/progress.ts";
import { runLogged } from "../support/run_logged.ts";
import { findTestFiles } from "./find_test_files.ts";
import { runInLanes } from "./lanes.ts";
import { denoTest, runSuite } from "./run_suite.ts";
import type { Suite } from "./suites.ts";
import type { Outcome } from "./summary.ts";

/** How {@linkcode runSideBySide} runs suites. */
export interface SideBySideOptions {
  readonly root: string;
  /** How many files run at once. */
  readonly lanes: number;
  /** When it is aborted no further file begins. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Takes the output of one file, in one piece. Default: stdout. */
  readonly print?: (text: string) => void;
}

/**
 * Runs the files of suites side by side, each by a `deno test` of its own; those that take longest begin first. The
 * output of a file is printed when it has ended, and goes to the suite's log; while it runs it is in a log of its own.
 *
 * @returns an outcome for each file, which thus has to have a test; and one for each suite that has none or whose types
 *   are wrong
 * @throws the signal's reason
 */
export async function runSideBySide(suites: readonly Suite[], options: SideBySideOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const files: SuiteFile[] = [];
  for (const suite of suites) {
    const ready = await prepare(suite, options);
    if (Array.isArray(ready)) files.push(...ready);
    else outcomes.push(ready);
  }
  const inOrder = files.sort((a, b) => rank(a) - rank(b));
  const jobs = inOrder.map((file) => (): Promise<Outcome> => runFile(file, options));
  return [...outcomes, ...await runInLanes(jobs, options)];
}

interface SuiteFile {
  readonly suite: Suite;
  readonly path: string;
}

/** The suite's files, or what became of it without any of them. Its log is emptied. */
async function prepare(suite: Suite, { root }: SideBySideOptions): Promise<SuiteFile[] | Outcome> {
  const log = suiteLog(suite, root);
  const paths = await findTestFiles(suite.paths, root);
  if (paths.length === 0) return await runSuite(suite, { root, args: [] });
  // All at once here, or each file would cost what they have in common.
  const exitCode = await runLogged([Deno.execPath(), "check", "--quiet", ...paths], { cwd: root, log });
  if (exitCode === 0) return paths.map((path) => ({ suite, path }));
  return { suite: suite.name, kind: "ran", exitCode, counts: { passed: 0, failed: 0, ignored: 0 } };
}

/** The longest files of the suites take turns. */
function rank({ suite: { longest = [] }, path }: SuiteFile): number {
  const index = longest.indexOf(path);
  return index < 0 ? Number.MAX_SAFE_INTEGER : index;
}

async function runFile({ suite, path }: SuiteFile, options: SideBySideOptions): Promise<Outcome> {
  const { root, progress, print = toStdout } = options;
  const what = `${suite.name} ${path}`;
  const log = join(root, "logs", `${path}.log`);
  progress(`── ${what}`);
  const outcome = await denoTest(suite, { root, what, args: ["--no-check", path], log, quiet: true });
  const text = `── output of ${what}\n${await Deno.readTextFile(log)}`;
  await Deno.writeTextFile(suiteLog(suite, root), text, { append: true });
  print(text);
  return outcome;
}

function suiteLog(suite: Suite, root: string): string {
  return join(root, "logs", `test-${suite.name}.log`);
}

function toStdout(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}
