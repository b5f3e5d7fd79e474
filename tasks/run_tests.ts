/**
 * `deno task test`: prepares what the tests need, runs the suites and ends with one line `N passed, N failed` over all
 * of them, which counts tests and their steps.
 *
 * Arguments: names of suites (default: all but those that take long) and `--lanes=N`, how many files of suites with labs
 * run side by side; then, after `--`, arguments of `deno test`, with which files run one after the other.
 */
import { parseArgs } from "@std/cli";
import { type Progress, toStderr } from "../tests/support/progress.ts";
import { ROOT } from "./support/root.ts";
import { buildExecutables, installDependencies, prepareLab } from "./support/prepare.ts";
import { lanesFor } from "./test/lanes.ts";
import { runSideBySide } from "./test/run_side_by_side.ts";
import { runSuite } from "./test/run_suite.ts";
import { type Suite, SUITES } from "./test/suites.ts";
import { type Outcome, summarize, totalLine } from "./test/summary.ts";

const progress: Progress = toStderr;
const strict = (Deno.env.get("CI") ?? "") !== "";

async function main(): Promise<number> {
  const end = Deno.args.indexOf("--");
  const [own, args] = end < 0 ? [Deno.args, []] : [Deno.args.slice(0, end), Deno.args.slice(end + 1)];
  const { _, lanes } = parseArgs([...own], { string: ["lanes"] });
  const names = _.map(String);
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    throw new Error(`no such suite: ${unknown.join(", ")}; there are ${SUITES.map(({ name }) => name).join(", ")}`);
  }
  const suites = SUITES.filter(({ name, onlyNamed }) => names.length === 0 ? !onlyNamed : names.includes(name));
  const outcomes = await runAll(suites, { args, lanes: lanes === undefined ? lanesOfMachine() : Number(lanes) });
  const summary = summarize(outcomes, { strict });
  for (const remark of summary.remarks) progress(remark);
  Deno.stdout.writeSync(new TextEncoder().encode(`${totalLine(summary)}\n`));
  return summary.failed === 0 ? 0 : 1;
}

async function runAll(
  suites: readonly Suite[],
  { args, lanes }: { args: readonly string[]; lanes: number },
): Promise<Outcome[]> {
  await installDependencies({ root: ROOT, progress });
  const needLab = suites.some(({ lab }) => lab);
  const missing = needLab ? await prepareLab(progress) : [];
  if (needLab && missing.length === 0) await buildExecutables({ root: ROOT, progress });
  const outcomes: Outcome[] = [];
  const sideBySide: Suite[] = [];
  for (const suite of suites) {
    if (suite.lab && missing.length > 0) {
      warn(`the ${suite.name} tests are not run, because`, missing);
      outcomes.push({ suite: suite.name, kind: "skipped", reasons: missing });
      continue;
    }
    progress(`── ${suite.name}: against ${suite.against} (log: logs/test-${suite.name}.log)`);
    if (suite.longest && args.length === 0) sideBySide.push(suite);
    else outcomes.push(await runSuite(suite, { root: ROOT, args }));
  }
  return [...outcomes, ...await runLabs(sideBySide, lanes)];
}

/** An interrupt reaches the tests by itself; here it ends the run when they have tidied up. */
async function runLabs(suites: readonly Suite[], lanes: number): Promise<Outcome[]> {
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort(new Error("interrupted"));
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  try {
    return await runSideBySide(suites, { root: ROOT, lanes, signal: interrupt.signal, progress });
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
    Deno.removeSignalListener("SIGTERM", stop);
  }
}

function lanesOfMachine(): number {
  return lanesFor({
    processors: navigator.hardwareConcurrency,
    memoryBytes: Deno.systemMemoryInfo().available,
  });
}

/** A block nobody overlooks. */
function warn(title: string, lines: readonly string[]): void {
  const [on, off] = Deno.stderr.isTerminal() ? ["\x1b[30;43m", "\x1b[0m"] : ["", ""];
  for (const line of [title, ...lines.flatMap((text) => text.split("\n")).map((text) => `  ${text}`)]) {
    progress(`${on}!! ${line}${off}`);
  }
}

if (import.meta.main) Deno.exit(await main());
