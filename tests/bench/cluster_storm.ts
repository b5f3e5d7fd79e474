import { messageOf } from "../../shared/errors.ts";
import type { ClusterNode } from "../support/cluster/cluster_node.ts";
import { ClusterPods, type ReadyPod } from "../support/cluster/cluster_pods.ts";
import { endpointsOf } from "../support/cluster/danm_endpoints.ts";
import { findPodTraces } from "../support/cluster/danm_traces.ts";
import { NETWORKED, NETWORKS_PER_POD } from "../support/cluster/danm_workload.ts";
import { findNodeTraces } from "../support/cluster/node_traces.ts";
import type { Cluster } from "../support/cluster/running_cluster.ts";
import { SHELL_IMAGE } from "../support/cluster/shell_image.ts";
import { toStderr } from "../support/progress.ts";
import { waitFor } from "../support/wait.ts";
import type { Attaching, PodStorm } from "./cluster_figures.ts";

const PODS = "/api/v1/namespaces/default/pods";
/** How long a storm may take, and how long something may stay after it, in milliseconds. */
const STORM_MS = 900_000;
const CLEANING_MS = 60_000;

/** Interfaces of one Pod that are ours. */
const INTERFACES: Readonly<Record<Attaching, number>> = { plain: 0, default: 1, networks: NETWORKS_PER_POD };

/**
 * Creates Pods at once, waits until all are Ready, deletes them at once, and looks for what is left.
 *
 * @throws {Error} when not all get Ready or go, or one has another number of interfaces than it should
 */
export async function measurePodStorm(
  cluster: Cluster,
  { attaching, pods: count }: Pick<PodStorm, "attaching" | "pods">,
): Promise<PodStorm> {
  const pods = new ClusterPods(cluster);
  const names = Array.from({ length: count }, (_, number) => `${attaching}-${number}`);
  const linksBefore = await listLinks(cluster);
  const created = performance.now();
  await Promise.all(names.map((name) => cluster.client.create(PODS, renderPod(name, attaching))));
  const ready = await pods.ready(count, { timeoutMs: STORM_MS });
  const readyMs = performance.now() - created;
  const held = await listAddresses(cluster, { attaching, ready });
  const deleted = performance.now();
  await Promise.all(names.map((name) => cluster.client.delete(`${PODS}/${name}`)));
  await pods.gone({ timeoutMs: STORM_MS });
  const goneMs = performance.now() - deleted;
  const leaked = await findLeaked(() => findTraces(cluster, { attaching, linksBefore }));
  const cleanMs = performance.now() - deleted;
  const duplicates = held.length - new Set(held).size;
  const times = `Ready ${Math.round(readyMs)} ms, gone ${Math.round(goneMs)} ms`;
  toStderr(`bench: ${count} Pods (${attaching}): ${times}, ${duplicates} duplicates, ${leaked.length} leaked`);
  return { attaching, pods: count, readyMs, goneMs, cleanMs, addresses: held.length, duplicates, leaked };
}

function renderPod(name: string, attaching: Attaching): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, annotations: attaching === "networks" ? NETWORKED : {} },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: "shell", image: SHELL_IMAGE, imagePullPolicy: "Never", args: ["exec sleep 1000000"] }],
    },
  };
}

/** Each as "network address". */
async function listAddresses(
  cluster: Cluster,
  { attaching, ready }: { attaching: Attaching; ready: readonly ReadyPod[] },
): Promise<string[]> {
  if (attaching === "plain") return ready.flatMap(({ addresses }) => addresses);
  const endpoints = await endpointsOf(cluster, `${attaching}-`);
  const expected = ready.length * INTERFACES[attaching];
  if (endpoints.length !== expected) throw new Error(`${endpoints.length} DanmEps instead of ${expected}`);
  return endpoints.flatMap(({ network, addresses }) => addresses.map((address) => `${network} ${address}`));
}

/** @returns what is still there after a while; empty as soon as nothing is */
async function findLeaked(find: () => Promise<string[]>): Promise<string[]> {
  let left: string[] = [];
  try {
    await waitFor("nothing to be left", async () => (left = await find()).length === 0, {
      timeoutMs: CLEANING_MS,
      intervalMs: 100,
    });
  } catch (error) {
    if (left.length === 0) throw error;
    toStderr(`bench: ${messageOf(error)}: ${left.slice(0, 3).join("; ")}`);
  }
  return left;
}

async function findTraces(
  cluster: Cluster,
  { attaching, linksBefore }: { attaching: Attaching; linksBefore: readonly string[] },
): Promise<string[]> {
  const [traces, links] = await Promise.all([
    attaching === "plain" ? Promise.all(cluster.nodes.map(findNodeTraces)) : findPodTraces(cluster),
    listLinks(cluster),
  ]);
  return [...traces.flat(), ...links.filter((link) => !linksBefore.includes(link))];
}

/** Links of the nodes themselves, of whatever kind, but for the bridge that the first Pod makes. */
async function listLinks({ nodes }: Cluster): Promise<string[]> {
  return (await Promise.all(nodes.map(listLinksOf))).flat();
}

async function listLinksOf(node: ClusterNode): Promise<string[]> {
  const { stdout } = await node.exec(["ip", "-oneline", "link", "show"]);
  const names = [...stdout.matchAll(/^\d+: ([^:@]+)/gm)].map(([, name = ""]) => name);
  return names.filter((name) => name !== "cni0").map((name) => `${node.name}: link ${name}`);
}
