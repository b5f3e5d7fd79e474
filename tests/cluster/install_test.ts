import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { CLUSTER_NEEDS, startCluster } from "../support/cluster/cluster.ts";
import { ClusterPods, type ReadyPod } from "../support/cluster/cluster_pods.ts";
import { DANM_NAMESPACE, DanmCluster, type DanmRelease } from "../support/cluster/danm_cluster.ts";
import { endpointsOf } from "../support/cluster/danm_endpoints.ts";
import { listInstalled, untilNoPodTraces } from "../support/cluster/danm_traces.ts";
import { clusterNetworks, networkedDeployment } from "../support/cluster/danm_workload.ts";
import { assertAttached, type DanmWorld } from "../support/cluster/danm_world.ts";
import { findNodeTraces } from "../support/cluster/node_traces.ts";
import type { Cluster } from "../support/cluster/running_cluster.ts";
import { shellDeployment } from "../support/cluster/shell_deployment.ts";
import { buildLabImages } from "../support/images/lab_images.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { toStderr } from "../support/progress.ts";
import { waitFor } from "../support/wait.ts";

/** What a runtime remembers of Pods under the name of the configuration that it had when they were attached. */
const FORMER_RESULTS = /\/var\/lib\/cni\/results\//;

labTest("DANM on a cluster that has a CNI plugin already", CLUSTER_NEEDS, async (t) => {
  const release: DanmRelease = { overlay: "production", images: await buildLabImages(toStderr) };
  await using cluster = await startCluster({ nodes: 2, nodeKind: "native" });
  const world: DanmWorld = { cluster, release, danm: new DanmCluster(cluster), pods: new ClusterPods(cluster) };
  await cluster.apply(shellDeployment({ name: "older", replicas: 2 }));
  await world.pods.ready(2, { selector: "app=older" });
  const installed = await Promise.all(cluster.nodes.map(listInstalled));
  await t.step("is installed by kubectl apply -k", () => install(world));
  await t.step("attaches Pods to three networks, on which they reach each other across nodes", () => attach(world));
  await t.step("gives Pods that ask for nothing the network that they had before", () => attachToDefault(world));
  await t.step("gives what Pods from before had back to the plugin that gave it", () => replaceOlder(world));
  await t.step("leaves nothing of Pods that are deleted", () => detach(world));
  await t.step("is removed by kubectl delete -k, from under living Pods", async () => {
    await remove(world);
    assertEquals(await Promise.all(cluster.nodes.map(listInstalled)), installed);
  });
  await t.step("leaves the Pods working, and to the plugin that was there before", () => goOn(world));
});

async function install({ cluster, release, danm }: DanmWorld): Promise<void> {
  await danm.apply(release);
  const [daemons, replicas] = await Promise.all([
    cluster.kubectl(["get", "daemonset/danm-cni", `-n=${DANM_NAMESPACE}`, "-o=jsonpath={.status.numberReady}"]),
    cluster.kubectl(["get", "deployment/danm-webhook", `-n=${DANM_NAMESPACE}`, "-o=jsonpath={.status.readyReplicas}"]),
  ]);
  assertEquals([daemons, replicas], [`${cluster.nodes.length}`, "2"]);
  // Such as plugins that could not be compiled in advance, under the permissions of the container.
  const said = await cluster.kubectl(["logs", "daemonset/danm-cni", "--all-pods=true", `-n=${DANM_NAMESPACE}`]);
  assertEquals(said.split("\n").filter((line) => line.includes('"level":"warn"')), []);
  const configurations = "validatingwebhookconfigurations,mutatingwebhookconfigurations";
  const text = await cluster.kubectl(["get", configurations, "-o", "json"]);
  const items: { webhooks: { clientConfig: { caBundle?: string } }[] }[] = JSON.parse(text).items;
  assertEquals(items.length, 2);
  for (const { webhooks } of items) assert(webhooks.every(({ clientConfig }) => clientConfig.caBundle));
}

async function attach(world: DanmWorld): Promise<void> {
  const { cluster } = world;
  const [node] = cluster.nodes;
  await cluster.apply(...clusterNetworks({ type: "macvlan", device: node?.machine.uplink ?? "" }));
  await cluster.apply(networkedDeployment("web", 4));
  await assertAttached(world, { app: "web", count: 4 });
  const addresses = (await cluster.kubectl(["get", "danmips", "-o", "name"])).trim().split("\n");
  // One of each Pod on `red`, two on `blue`.
  assertEquals(addresses.length, 4 * 3);
}

async function attachToDefault({ cluster, pods }: DanmWorld): Promise<void> {
  await cluster.apply(shellDeployment({ name: "plain", replicas: 2 }));
  const plain = await pods.ready(2, { selector: "app=plain" });
  const endpoints = await endpointsOf(cluster, "plain-");
  const attached = endpoints.map(({ network, interface: name }) => `${name} on ${network}`);
  assertEquals(attached, ["eth0 on default", "eth0 on default"]);
  for (const { name, addresses } of plain) {
    assertEquals(endpoints.find(({ pod }) => pod === name)?.addresses, addresses);
  }
  await pingAll(pods, [...plain, ...await pods.ready(2, { selector: "app=older" })]);
}

/** Over the network that every Pod has. */
async function pingAll(pods: ClusterPods, all: readonly ReadyPod[]): Promise<void> {
  for (const from of all) {
    for (const { addresses: [to = ""] } of all) await pods.exec(from, "ping", "-c", "1", "-W", "5", to);
  }
}

/** Of the Pods from before DANM, which our plugin has never heard of, one goes; its successor is attached by it. */
async function replaceOlder({ cluster, pods }: DanmWorld): Promise<void> {
  const selector = "app=older";
  const [first] = await pods.ready(2, { selector });
  assert(first);
  const held = (): Promise<string[]> => findTracesOf(cluster, first);
  assertNotEquals(await held(), []);
  await cluster.kubectl(["delete", "pod", first.name]);
  await waitFor("the address to be given back", async () => (await held()).length === 0, { timeoutMs: 60_000 });
  await pingAll(pods, await pods.ready(2, { selector }));
}

/** What the nodes have of a Pod's address. */
async function findTracesOf(cluster: Cluster, { addresses }: ReadyPod): Promise<string[]> {
  const traces = (await Promise.all(cluster.nodes.map(findNodeTraces))).flat();
  return traces.filter((line) => addresses.some((address) => line.endsWith(`/${address}`)));
}

async function detach({ cluster, pods }: DanmWorld): Promise<void> {
  await cluster.kubectl(["delete", "deployment", "web", "plain", "older"]);
  await pods.gone();
  await untilNoPodTraces(cluster, { ignore: (trace) => FORMER_RESULTS.test(trace) });
}

async function remove(world: DanmWorld): Promise<void> {
  const { cluster, danm, release } = world;
  await cluster.apply(networkedDeployment("web", 4));
  await assertAttached(world, { app: "web", count: 4 });
  await danm.delete(release);
}

async function goOn({ cluster, pods }: DanmWorld): Promise<void> {
  const ready = await pods.ready(4, { selector: "app=web" });
  await cluster.apply(shellDeployment({ name: "younger", replicas: 2 }));
  const younger = await pods.ready(2, { selector: "app=younger" });
  await pingAll(pods, [...ready, ...younger]);
  await cluster.kubectl(["delete", "deployment", "web", "younger"]);
  await pods.gone();
  const left = (await Promise.all(cluster.nodes.map(findNodeTraces))).flat();
  assertEquals(left.filter((line) => !FORMER_RESULTS.test(line)), []);
}
