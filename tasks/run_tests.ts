/**
 * `deno task test`: prepares what the tests need, runs the suites one after the other and ends with one line
 * `N passed, N failed` over all of them, which counts tests and their steps.
 *
 * Arguments: names of suites (default: all but those that take long), then, after `--`, arguments of `deno test`.
 */
import { parseArgs } from "@std/cli";
import { type Progress, toStderr } from "../tests/support/progress.ts";
import { ROOT } from "./support/root.ts";
import { buildExecutables, installDependencies, prepareLab } from "./support/prepare.ts";
import { runSuite } from "./test/run_suite.ts";
import { type Suite, SUITES } from "./test/suites.ts";
import { type Outcome, summarize, totalLine } from "./test/summary.ts";

const progress: Progress = toStderr;
const strict = (Deno.env.get("CI") ?? "") !== "";

async function main(): Promise<number> {
  const end = Deno.args.indexOf("--");
  const [own, args] = end < 0 ? [Deno.args, []] : [Deno.args.slice(0, end), Deno.args.slice(end + 1)];
  const names = parseArgs([...own])._.map(String);
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    throw new Error(`no such suite: ${unknown.join(", ")}; there are ${SUITES.map(({ name }) => name).join(", ")}`);
  }
  const suites = SUITES.filter(({ name, onlyNamed }) => names.length === 0 ? !onlyNamed : names.includes(name));
  const outcomes = await runAll(suites, args);
  const summary = summarize(outcomes, { strict });
  for (const remark of summary.remarks) progress(remark);
  Deno.stdout.writeSync(new TextEncoder().encode(`${totalLine(summary)}\n`));
  return summary.failed === 0 ? 0 : 1;
}

async function runAll(suites: readonly Suite[], args: readonly string[]): Promise<Outcome[]> {
  await installDependencies({ root: ROOT, progress });
  const needLab = suites.some(({ lab }) => lab);
  const missing = needLab ? await prepareLab(progress) : [];
  if (needLab && missing.length === 0) await buildExecutables({ root: ROOT, progress });
  const outcomes: Outcome[] = [];
  for (const suite of suites) {
    if (suite.lab && missing.length > 0) {
      warn(`the ${suite.name} tests are not run, because`, missing);
      outcomes.push({ suite: suite.name, kind: "skipped", reasons: missing });
      continue;
    }
    progress(`── ${suite.name}: against ${suite.against} (log: logs/test-${suite.name}.log)`);
    outcomes.push(await runSuite(suite, { root: ROOT, args }));
  }
  return outcomes;
}

/** A block nobody overlooks. */
function warn(title: string, lines: readonly string[]): void {
  const [on, off] = Deno.stderr.isTerminal() ? ["\x1b[30;43m", "\x1b[0m"] : ["", ""];
  for (const line of [title, ...lines.flatMap((text) => text.split("\n")).map((text) => `  ${text}`)]) {
    progress(`${on}!! ${line}${off}`);
  }
}

if (import.meta.main) Deno.exit(await main());
