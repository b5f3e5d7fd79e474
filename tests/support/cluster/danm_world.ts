import { assertEquals } from "@std/assert";
import { buildLabImages } from "../images/lab_images.ts";
import { toStderr } from "../progress.ts";
import { startCluster } from "./cluster.ts";
import { ClusterPods, type ReadyPod } from "./cluster_pods.ts";
import { DanmCluster, type DanmRelease } from "./danm_cluster.ts";
import { type Endpoint, endpointsOf, findLostPings, planEndpointPings } from "./danm_endpoints.ts";
import { clusterNetworks, NETWORKS_PER_POD } from "./danm_workload.ts";
import type { Cluster } from "./running_cluster.ts";

/** A cluster of two nodes with DANM, and the networks of `danm_workload.ts`. */
export interface DanmWorld {
  readonly cluster: Cluster;
  readonly danm: DanmCluster;
  /** What is installed. */
  readonly release: DanmRelease;
  readonly pods: ClusterPods;
}

/** Starts one for some work; `dist/` has to be built before. */
export async function withDanm(work: (world: DanmWorld) => Promise<void>): Promise<void> {
  const release: DanmRelease = { overlay: "production", images: await buildLabImages(toStderr) };
  await using cluster = await startCluster({ nodes: 2, nodeKind: "native" });
  const danm = new DanmCluster(cluster);
  await danm.apply(release);
  const [node] = cluster.nodes;
  await cluster.apply(...clusterNetworks({ type: "macvlan", device: node?.machine.uplink ?? "" }));
  await work({ cluster, danm, release, pods: new ClusterPods(cluster) });
}

/** Pods of a workload and their interfaces. */
export interface AttachedPods {
  readonly pods: readonly ReadyPod[];
  readonly endpoints: readonly Endpoint[];
}

/**
 * Expects so many Pods of a workload, each with all of its interfaces, no two with the same address, and that they reach
 * each other across nodes over each network.
 */
export async function assertAttached(
  { cluster, pods }: DanmWorld,
  { app, count, timeoutMs = 120_000 }: { app: string; count: number; timeoutMs?: number },
): Promise<AttachedPods> {
  const ready = await pods.ready(count, { selector: `app=${app}`, timeoutMs });
  const names = new Set(ready.map(({ name }) => name));
  const endpoints = (await endpointsOf(cluster, `${app}-`)).filter(({ pod }) => names.has(pod));
  assertEquals(endpoints.length, count * NETWORKS_PER_POD, JSON.stringify(endpoints));
  const addresses = endpoints.flatMap(({ addresses }) => addresses);
  assertEquals(new Set(addresses).size, addresses.length, addresses.join(" "));
  assertEquals(await findLostPings(pods, planEndpointPings(endpoints)), []);
  return { pods: ready, endpoints };
}

/** Deletes a workload; returns when its Pods are gone. */
export async function deleteWorkload({ cluster, pods }: DanmWorld, what: string): Promise<void> {
  await cluster.kubectl(["delete", what]);
  await pods.gone({ selector: `app=${what.split("/")[1]}` });
}
