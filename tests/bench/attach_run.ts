import { DanmLab } from "../support/danm_lab.ts";
import { startLab } from "../support/lab/lab.ts";
import { toStderr } from "../support/progress.ts";
import { NodeRelay } from "../support/relay/node_relay.ts";
import { measureAttach } from "./attach.ts";
import { type BenchNode, danmPlugin, floorPlugin } from "./attach_plugins.ts";
import type { Peer } from "./attach_peer.ts";
import { installPeer } from "./attach_peer_plugin.ts";
import type { AttachSeries } from "./attach_report.ts";
import { measureAttachSteps } from "./attach_steps.ts";
import { measureStorms } from "./storm.ts";

/** How often attaching is measured, and with whom. */
export interface AttachRun {
  /** Rounds on the native node. */
  readonly runs: number;
  /** Rounds on the user-mode node; 0 = without. */
  readonly umlRuns: number;
  readonly stormRounds: number;
  readonly peers: readonly Peer[];
}

/** ADDs whose logs are read, for each number of interfaces. */
const LOGGED_RUNS = 15;

/** Measures on a native node, against the floor and the peers, and on a user-mode Linux node by itself. */
export async function measureAttaching(run: AttachRun): Promise<AttachSeries[]> {
  const series = [await measureNative(run)];
  if (run.umlRuns > 0) series.push(await measureUml(run.umlRuns));
  return series;
}

async function measureNative({ runs, stormRounds, peers }: AttachRun): Promise<AttachSeries> {
  const where = "native node, macvlan";
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const node = onlyNode(danm);
  await using relay = await NodeRelay.start({ danm, node });
  const place = { danm, node, kubeconfig: relay.kubeconfig };
  const plugins = [await danmPlugin(place, { backend: "macvlan" }), await floorPlugin(place)];
  for (const peer of peers) plugins.push(await installPeer(peer, place));
  const figures = await measureAttach(place, { plugins, runs, onRound: told(where, runs) });
  const storms = await measureStorms(place, { plugins, rounds: stormRounds, onRound: told("storm", stormRounds) });
  toStderr(`${where}: steps`);
  const logged = await measureAttachSteps(place, { backend: "macvlan", runs: LOGGED_RUNS });
  return { where, backend: "macvlan", figures, logged, storms };
}

async function measureUml(runs: number): Promise<AttachSeries> {
  const where = "user-mode Linux node, ipvlan";
  await using lab = await startLab({ nodes: 1, nodeKind: "uml" });
  const danm = await DanmLab.install(lab);
  const node = onlyNode(danm);
  // No socket leads into a user-mode kernel.
  const place = { danm, node, kubeconfig: danm.kubeconfig(node) };
  const plugins = [await danmPlugin(place, { backend: "ipvlan" })];
  const figures = await measureAttach(place, { plugins, runs, onRound: told(where, runs) });
  // Seconds each: what is counted in them does not depend on the time.
  const logged = await measureAttachSteps(place, { backend: "ipvlan", runs: 1 });
  return { where, backend: "ipvlan", figures, logged, storms: [] };
}

function onlyNode(danm: DanmLab): BenchNode["node"] {
  const [node] = danm.lab.nodes;
  if (!node) throw new Error("the lab has no node");
  return node;
}

function told(where: string, rounds: number): (round: number) => void {
  return (round) => toStderr(`${where}: ${round < 0 ? "warm-up" : `round ${round + 1} of ${rounds}`}`);
}
