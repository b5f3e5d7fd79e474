import { assertEquals } from "@std/assert";
import { buildLabImages } from "../images/lab_images.ts";
import { toStderr } from "../progress.ts";
import type { Node } from "../lab/node.ts";
import { startCluster } from "./cluster.ts";
import type { ClusterNode } from "./cluster_node.ts";
import { ClusterPods, type ReadyPod } from "./cluster_pods.ts";
import { DanmCluster, type DanmRelease } from "./danm_cluster.ts";
import { type Endpoint, endpointsOf, findLostPings, planEndpointPings } from "./danm_endpoints.ts";
import { untilNoPodTraces } from "./danm_traces.ts";
import { clusterNetworks, NETWORKS_PER_POD, vlanLinkOf } from "./danm_workload.ts";
import type { Cluster } from "./running_cluster.ts";

/** A cluster of two nodes with DANM, and the networks of `danm_workload.ts`. */
export interface DanmWorld {
  readonly cluster: Cluster;
  readonly danm: DanmCluster;
  /** What is installed. */
  readonly release: DanmRelease;
  readonly pods: ClusterPods;
}

/**
 * Starts one for some work; `dist/` has to be built before.
 *
 * @param options.kind native nodes have macvlan networks, user-mode Linux ipvlan, one of them on a VLAN
 */
export async function withDanm(
  { kind }: { kind: Node["kind"] },
  work: (world: DanmWorld) => Promise<void>,
): Promise<void> {
  const release: DanmRelease = { overlay: "production", images: await buildLabImages(toStderr) };
  await using cluster = await startCluster({ nodes: 2, nodeKind: kind });
  const danm = new DanmCluster(cluster);
  await danm.apply(release);
  const device = cluster.nodes[0]?.machine.uplink ?? "";
  if (kind === "uml") await Promise.all(cluster.nodes.map(makeVlanLink));
  await cluster.apply(
    ...clusterNetworks(kind === "uml" ? { type: "ipvlan", device, vlan: VLAN } : { type: "macvlan", device }),
  );
  await work({ cluster, danm, release, pods: new ClusterPods(cluster) });
}

/** Of the network `blue` on user-mode nodes. */
export const VLAN = 200;

/** Makes the link that the network `blue` is on, by hand; a node that was without power needs it again. */
export async function makeVlanLink({ machine }: ClusterNode): Promise<void> {
  const name = vlanLinkOf(VLAN);
  const lines = [`link add link ${machine.uplink} name ${name} type vlan id ${VLAN}`, `link set ${name} up`];
  await machine.run(["ip", "-batch", "-"], { stdin: `${lines.join("\n")}\n` });
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
  assertEquals(await findLostPings(cluster, planEndpointPings(endpoints)), []);
  return { pods: ready, endpoints };
}

/** Deletes all workloads, and expects API and nodes to have nothing left of their Pods. */
export async function deleteWorkloads({ cluster, pods }: DanmWorld): Promise<void> {
  await cluster.kubectl(["delete", "deployments,statefulsets", "--all", "--wait=false"]);
  await pods.gone({ timeoutMs: 240_000 });
  await untilNoPodTraces(cluster, { timeoutMs: 240_000 });
}
