/**
 * `deno task bench`: what starting, attaching and detaching cost on this machine, against the budget; Markdown on
 * stdout. A quiet machine gives figures that mean something.
 *
 * `--runs=N`: rounds on the native node (default 20); `--uml-runs=N`: on the user-mode node (default 5, 0 = without).
 */
import { parseArgs } from "@std/cli";
import { measureAttach } from "../tests/bench/attach.ts";
import { reportBitmap } from "../tests/bench/bitmap.ts";
import { machineFacts } from "../tests/bench/machine_facts.ts";
import { type Figures, renderReport } from "../tests/bench/report.ts";
import { measureStartup } from "../tests/bench/startup.ts";
import { DanmLab } from "../tests/support/danm_lab.ts";
import { startLab } from "../tests/support/lab/lab.ts";
import { toStderr } from "../tests/support/progress.ts";
import { buildExecutables, installDependencies, prepareLab } from "./support/prepare.ts";
import { ROOT } from "./support/root.ts";

const INTERFACES = [1, 3, 8];

async function main(): Promise<number> {
  const flags = parseArgs(Deno.args, { string: ["runs", "uml-runs"] });
  const runs = Number(flags.runs ?? 20);
  const umlRuns = Number(flags["uml-runs"] ?? 5);
  await installDependencies({ root: ROOT, progress: toStderr });
  const missing = await prepareLab(toStderr);
  if (missing.length > 0) throw new Error(`the benchmark needs a lab: ${missing.join("; ")}`);
  await buildExecutables({ root: ROOT, progress: toStderr });

  toStderr("start-up");
  const startup = await measureStartup(Math.max(2 * runs, 1));
  const attach: Figures["attach"][number][] = [];
  attach.push(await measureNode("native", { runs, label: "native node, macvlan delegate" }));
  if (umlRuns > 0) attach.push(await measureNode("uml", { runs: umlRuns, label: "user-mode Linux node, ipvlan" }));
  const report = renderReport({ machine: await machineFacts(), startup, attach });
  Deno.stdout.writeSync(new TextEncoder().encode(report + reportBitmap(Math.max(runs, 1))));
  return 0;
}

async function measureNode(
  nodeKind: "native" | "uml",
  { runs, label }: { runs: number; label: string },
): Promise<Figures["attach"][number]> {
  await using lab = await startLab({ nodes: 1, nodeKind });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  if (!node) throw new Error("the lab has no node");
  const figures = await measureAttach(danm, node, {
    backend: nodeKind === "native" ? "macvlan" : "ipvlan",
    interfaces: INTERFACES,
    runs,
    onRound: (round) => toStderr(`${label}: ${round < 0 ? "warm-up" : `round ${round + 1} of ${runs}`}`),
  });
  return { where: label, figures };
}

if (import.meta.main) Deno.exit(await main());
