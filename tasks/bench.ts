/**
 * `deno task bench [part …]`: what starting, attaching, detaching and allocating cost on this machine, against the
 * budget; Markdown on stdout. A quiet machine gives figures that mean something. Without a part: all of them.
 *
 * `--runs=N`: rounds on the native node (default 20); `--uml-runs=N`: on the user-mode node (default 5, 0 = without);
 * `--small`: `ipam` with one round, and it and `storage` with a sixteenth of the addresses held, to see whether they
 * work.
 */
import { parseArgs } from "@std/cli";
import { measureAttach } from "../tests/bench/attach.ts";
import { type AttachSeries, reportAttach } from "../tests/bench/attach_report.ts";
import { reportBitmap } from "../tests/bench/bitmap.ts";
import { measureIpam } from "../tests/bench/ipam.ts";
import { FULL_SIZE, SMALL_SIZE } from "../tests/bench/ipam_cluster.ts";
import { reportIpam } from "../tests/bench/ipam_report.ts";
import { machineFacts } from "../tests/bench/machine_facts.ts";
import { reportProbing } from "../tests/bench/probing.ts";
import { type Part, renderReport } from "../tests/bench/report.ts";
import { measureStartup } from "../tests/bench/startup.ts";
import { reportStartup } from "../tests/bench/startup_report.ts";
import { reportStorage } from "../tests/bench/storage.ts";
import { DanmLab } from "../tests/support/danm_lab.ts";
import { startLab } from "../tests/support/lab/lab.ts";
import { toStderr } from "../tests/support/progress.ts";
import { buildExecutables, installDependencies, prepareLab } from "./support/prepare.ts";
import { ROOT } from "./support/root.ts";

const INTERFACES = [1, 3, 8];

interface Rounds {
  readonly runs: number;
  readonly umlRuns: number;
  readonly small: boolean;
}

/** The parts by name, in the order of the report. */
const PARTS: Readonly<Record<string, (rounds: Rounds) => Promise<Part>>> = {
  startup: async ({ runs }) => reportStartup(await measureStartup(Math.max(2 * runs, 1))),
  attach: async (rounds) => reportAttach(await measureNodes(rounds)),
  ipam: async ({ small }) => reportIpam(await measureIpam(small ? SMALL_SIZE : FULL_SIZE)),
  storage: async ({ small }) => await reportStorage(small ? SMALL_SIZE : FULL_SIZE),
  bitmap: ({ runs }) => Promise.resolve({ blocks: [reportBitmap(Math.max(runs, 1)).trim()], budgets: [] }),
  probing: () => reportProbing(),
};

async function main(): Promise<number> {
  const flags = parseArgs(Deno.args, { string: ["runs", "uml-runs"], boolean: ["small"] });
  const rounds = { runs: Number(flags.runs ?? 20), umlRuns: Number(flags["uml-runs"] ?? 5), small: flags.small };
  const chosen = flags._.length === 0 ? Object.keys(PARTS) : flags._.map(String);
  const unknown = chosen.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0) {
    throw new Error(`no such part: ${unknown.join(", ")}; there are ${Object.keys(PARTS).join(", ")}`);
  }
  await installDependencies({ root: ROOT, progress: toStderr });
  const missing = await prepareLab(toStderr);
  if (missing.length > 0) throw new Error(`the benchmark needs a lab: ${missing.join("; ")}`);
  await buildExecutables({ root: ROOT, progress: toStderr });
  const parts: Part[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (!chosen.includes(name)) continue;
    toStderr(`bench: ${name}`);
    parts.push(await measure(rounds));
  }
  Deno.stdout.writeSync(new TextEncoder().encode(renderReport({ machine: await machineFacts(), parts })));
  return 0;
}

async function measureNodes({ runs, umlRuns }: Rounds): Promise<AttachSeries[]> {
  const series = [await measureNode("native", { runs, label: "native node, macvlan delegate" })];
  if (umlRuns > 0) series.push(await measureNode("uml", { runs: umlRuns, label: "user-mode Linux node, ipvlan" }));
  return series;
}

async function measureNode(
  nodeKind: "native" | "uml",
  { runs, label }: { runs: number; label: string },
): Promise<AttachSeries> {
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
