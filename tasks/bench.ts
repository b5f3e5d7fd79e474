/**
 * `deno task bench [part …]`: what starting, attaching, detaching and allocating cost on this machine, against the
 * budget; Markdown on stdout. A quiet machine gives figures that mean something. Without a part: all of them.
 *
 * `--runs=N`: rounds on the native node (default 20); `--uml-runs=N`: on the user-mode node (default 5, 0 = without);
 * `--small`: `ipam` with one round, and it and `storage` with a sixteenth of the addresses held, `attach` with one
 * storm, `webhook` with less of everything and `cluster` with a tenth of the Pods, to see whether they work;
 * `--uml-pods=N`: `cluster` has as many Pods on two user-mode nodes, too (default 0 = without); `--peer=NAME=DIR`, which may be repeated:
 * `attach` measures another meta-plugin, too (`docs/benchmarks.md` says what its directory holds).
 */
import { parseArgs } from "@std/cli";
import { type Peer, readPeers } from "../tests/bench/attach_peer.ts";
import { reportAttach } from "../tests/bench/attach_report.ts";
import { measureAttaching } from "../tests/bench/attach_run.ts";
import { reportBitmap } from "../tests/bench/bitmap.ts";
import { measureIpam } from "../tests/bench/ipam.ts";
import { measureCluster } from "../tests/bench/cluster.ts";
import { FULL_CLUSTER, SMALL_CLUSTER } from "../tests/bench/cluster_figures.ts";
import { reportCluster } from "../tests/bench/cluster_report.ts";
import { FULL_SIZE, SMALL_SIZE } from "../tests/bench/ipam_cluster.ts";
import { reportIpam } from "../tests/bench/ipam_report.ts";
import { machineFacts } from "../tests/bench/machine_facts.ts";
import { reportProbing } from "../tests/bench/probing.ts";
import { type Part, renderReport } from "../tests/bench/report.ts";
import { measureStartup } from "../tests/bench/startup.ts";
import { reportStartup } from "../tests/bench/startup_report.ts";
import { reportStorage } from "../tests/bench/storage.ts";
import { measureWebhook } from "../tests/bench/webhook.ts";
import { FULL_WEBHOOK, SMALL_WEBHOOK } from "../tests/bench/webhook_figures.ts";
import { reportWebhook } from "../tests/bench/webhook_report.ts";
import { toStderr } from "../tests/support/progress.ts";
import { buildExecutables, installDependencies, prepareLab } from "./support/prepare.ts";
import { ROOT } from "./support/root.ts";

interface Rounds {
  readonly runs: number;
  readonly umlRuns: number;
  readonly umlPods: number;
  readonly small: boolean;
  readonly peers: readonly Peer[];
}

/** The parts by name, in the order of the report. */
const PARTS: Readonly<Record<string, (rounds: Rounds) => Promise<Part>>> = {
  startup: async ({ runs }) => reportStartup(await measureStartup(Math.max(2 * runs, 1))),
  attach: async (rounds) => reportAttach(await measureAttaching({ ...rounds, stormRounds: rounds.small ? 1 : 5 })),
  ipam: async ({ small }) => reportIpam(await measureIpam(small ? SMALL_SIZE : FULL_SIZE)),
  storage: async ({ small }) => await reportStorage(small ? SMALL_SIZE : FULL_SIZE),
  bitmap: ({ runs }) => Promise.resolve({ blocks: [reportBitmap(Math.max(runs, 1)).trim()], budgets: [] }),
  probing: () => reportProbing(),
  webhook: async ({ small }) => reportWebhook(await measureWebhook(small ? SMALL_WEBHOOK : FULL_WEBHOOK)),
  cluster: async ({ small, umlPods }) =>
    reportCluster(await measureCluster({ ...(small ? SMALL_CLUSTER : FULL_CLUSTER), umlPods })),
};

async function main(): Promise<number> {
  const flags = parseArgs(Deno.args, {
    string: ["runs", "uml-runs", "uml-pods", "peer"],
    collect: ["peer"],
    boolean: ["small"],
  });
  const rounds = {
    runs: Number(flags.runs ?? 20),
    umlRuns: Number(flags["uml-runs"] ?? 5),
    umlPods: Number(flags["uml-pods"] ?? 0),
    small: flags.small,
    peers: await readPeers(flags.peer),
  };
  const chosen = flags._.length === 0 ? Object.keys(PARTS) : flags._.map(String);
  const unknown = chosen.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0) {
    throw new Error(`no such part: ${unknown.join(", ")}; there are ${Object.keys(PARTS).join(", ")}`);
  }
  if (rounds.peers.length > 0 && !chosen.includes("attach")) throw new Error("only the part attach measures peers");
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

if (import.meta.main) Deno.exit(await main());
