import { startCluster } from "../support/cluster/cluster.ts";
import { DanmCluster, type DanmRelease } from "../support/cluster/danm_cluster.ts";
import { clusterNetworks } from "../support/cluster/danm_workload.ts";
import { makeVlanLink, VLAN } from "../support/cluster/danm_world.ts";
import type { Cluster } from "../support/cluster/running_cluster.ts";
import { buildLabImages } from "../support/images/lab_images.ts";
import { toStderr } from "../support/progress.ts";
import type { BuiltImage } from "../../tasks/images/build_images.ts";
import type { Attaching, ClusterFigures, ClusterSize, ComponentUse, PodStorm, StormSeries } from "./cluster_figures.ts";
import { measureImages } from "./cluster_images.ts";
import { measurePodStorm } from "./cluster_storm.ts";
import { measureUse } from "./cluster_use.ts";

/** Pods of the storms whose figures nobody reads: the first Pods of a node make its bridge and fill its caches. */
const WARMING = 2;

/** Measures storms of Pods on clusters without DANM and with it; `dist/` has to be built before. */
export async function measureCluster(size: ClusterSize): Promise<ClusterFigures> {
  const images = await buildLabImages(toStderr);
  return {
    series: [
      await measureNative(images, size),
      ...(size.umlPods > 0 ? [await measureUserMode(images, { ...size, pods: size.umlPods })] : []),
    ],
    ...await measureImages(images),
  };
}

async function measureNative(images: readonly BuiltImage[], size: ClusterSize): Promise<StormSeries> {
  await using cluster = await startCluster({ nodes: 1, nodeKind: "native" });
  const release: DanmRelease = { overlay: "production", components: ["single_node"], images };
  const networks = clusterNetworks({ type: "macvlan", device: uplinkOf(cluster) });
  return { where: "one native node, macvlan", ...await measureSeries(cluster, { release, networks, size }) };
}

async function measureUserMode(images: readonly BuiltImage[], size: ClusterSize): Promise<StormSeries> {
  await using cluster = await startCluster({ nodes: 2, nodeKind: "uml" });
  const release: DanmRelease = { overlay: "production", images };
  const networks = clusterNetworks({ type: "ipvlan", device: uplinkOf(cluster), vlan: VLAN });
  await Promise.all(cluster.nodes.map(makeVlanLink));
  return {
    where: "two user-mode Linux nodes, ipvlan and VLAN",
    ...await measureSeries(cluster, { release, networks, size }),
  };
}

function uplinkOf({ nodes: [node] }: Cluster): string {
  return node?.machine.uplink ?? "";
}

interface SeriesOptions {
  readonly release: DanmRelease;
  readonly networks: readonly object[];
  readonly size: ClusterSize;
}

/** In an order from which it cannot be told when it is turned round: what gets slower does so for all alike. */
async function measureSeries(
  cluster: Cluster,
  { release, networks, size: { pods, restMs } }: SeriesOptions,
): Promise<Pick<StormSeries, "storms" | "use">> {
  const danm = new DanmCluster(cluster);
  const storms: PodStorm[] = [];
  const measure = async (...kinds: readonly Attaching[]): Promise<void> => {
    for (const attaching of kinds) storms.push(await measurePodStorm(cluster, { attaching, pods }));
  };
  await measurePodStorm(cluster, { attaching: "plain", pods: WARMING });
  await measure("plain");
  await danm.apply(release);
  await cluster.apply(...networks);
  await measurePodStorm(cluster, { attaching: "networks", pods: WARMING });
  const work = (): Promise<void> => measure("default", "networks", "networks", "default");
  const use: ComponentUse[] = await measureUse(cluster, { restMs, work });
  await danm.delete(release);
  await measure("plain");
  return { storms, use };
}
