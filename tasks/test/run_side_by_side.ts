import { join } from "node:path";
import type { Progress } from "../../tests/support/progress.ts";
import { runLogged } from "../support/run_logged.ts";
import { findTestFiles } from "./find_test_files.ts";
import { runInLanes } from "./lanes.ts";
import { denoTest } from "./run_suite.ts";
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
 * @returns an outcome for each file, which thus has to have a test, and for each suite without files; one alone when
 *   types are wrong
 * @throws the signal's reason
 */
export async function runSideBySide(suites: readonly Suite[], options: SideBySideOptions): Promise<Outcome[]> {
  const found = await Promise.all(suites.map((suite) => filesOf(suite, options)));
  const files = found.flat().sort((a, b) => rank(a) - rank(b));
  const empty = suites.filter((_, index) => found[index]?.length === 0);
  const exitCode = files.length === 0 ? 0 : await checkTypes(options);
  if (exitCode !== 0) return [without("types", exitCode)];
  const jobs = files.map((file) => (): Promise<Outcome> => runFile(file, options));
  return [...empty.map(({ name }) => without(name, 0)), ...await runInLanes(jobs, options)];
}

interface SuiteFile {
  readonly suite: Suite;
  readonly path: string;
}

/** Empties the suite's log, too. */
async function filesOf(suite: Suite, { root }: SideBySideOptions): Promise<SuiteFile[]> {
  await Deno.mkdir(join(root, "logs"), { recursive: true });
  await Deno.writeTextFile(suiteLog(suite, root), "");
  return (await findTestFiles(suite.paths, root)).map((path) => ({ suite, path }));
}

/** All at once, or each file would cost what they have in common; the whole repository, which `check` has cached. */
async function checkTypes({ root }: SideBySideOptions): Promise<number> {
  const argv = [Deno.execPath(), "check", "--quiet", "."];
  return await runLogged(argv, { cwd: root, log: join(root, "logs", "types.log") });
}

/** Of what ended without a test. */
function without(suite: string, exitCode: number): Outcome {
  return { suite, kind: "ran", exitCode, counts: { passed: 0, failed: 0, ignored: 0 } };
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
