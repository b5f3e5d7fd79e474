import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { CLUSTER_NEEDS, startCluster } from "../support/cluster/cluster.ts";
import { ClusterPods, type ReadyPod } from "../support/cluster/cluster_pods.ts";
import { API_SERVICE } from "../support/cluster/cluster_plan.ts";
import { findNodeTraces } from "../support/cluster/node_traces.ts";
import type { Cluster } from "../support/cluster/running_cluster.ts";
import { shellDeployment } from "../support/cluster/shell_deployment.ts";
import { findLeftovers } from "../support/lab/leftovers.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { waitFor } from "../support/wait.ts";

const WEB = { selector: "app=web" };

labTest("a cluster of two native nodes", CLUSTER_NEEDS, async (t) => {
  const name = await useNative(t);
  await t.step("ends with its scope", async () => assertEquals(await findLeftovers(name), []));
});

labTest("a cluster of a user-mode node", { ...CLUSTER_NEEDS, uml: true }, async (t) => {
  const name = await useUserMode(t);
  await t.step("ends with its scope", async () => assertEquals(await findLeftovers(name), []));
});

interface World {
  readonly cluster: Cluster;
  readonly pods: ClusterPods;
}

/** @returns the lab's name */
async function useNative(t: Deno.TestContext): Promise<string> {
  await using cluster = await startCluster({ nodes: 2, nodeKind: "native" });
  const world = { cluster, pods: new ClusterPods(cluster) };
  await cluster.apply(shellDeployment({ name: "web", replicas: 2 }));
  await t.step("spreads Pods that reach each other", () => reachEachOther(world));
  await t.step("has Services", () => haveServices(world));
  await t.step("keeps its Pods while kubelets and containerd are started again", () => restart(world));
  await t.step("starts the Pods of a node again that was without power", () => reboot(world));
  await t.step("has nothing left of Pods that are deleted", () => deleteAll(world));
  return cluster.lab.name;
}

/** @returns the lab's name */
async function useUserMode(t: Deno.TestContext): Promise<string> {
  await using cluster = await startCluster({ nodes: 1, nodeKind: "uml" });
  const world = { cluster, pods: new ClusterPods(cluster) };
  await cluster.apply(shellDeployment({ name: "web", replicas: 1 }));
  await t.step("runs Pods that reach the API server as a Service", async () => {
    const [pod] = await world.pods.ready(1, WEB);
    assert(pod);
    await connectTo(world, { pod, target: `${API_SERVICE} 443` });
  });
  await t.step("starts its Pods again after it was without power, with its disk", () => reboot(world));
  await t.step("has nothing left of Pods that are deleted", () => deleteAll(world));
  return cluster.lab.name;
}

async function reachEachOther({ pods }: World): Promise<void> {
  const [first, second] = await pods.ready(2, WEB);
  assert(first && second);
  assertNotEquals(first.node, second.node);
  const ping = ["ping", "-c", "1", "-W", "5", second.addresses[0] ?? ""];
  // A kubelet that was just started may not know the Pod yet.
  await waitFor("a ping", async () => await pods.exec(first, ...ping) !== "");
}

async function haveServices(world: World): Promise<void> {
  const { cluster, pods } = world;
  const running = await pods.ready(2, WEB);
  const port = { port: 8080, targetPort: 80 };
  const metadata = { name: "web", namespace: "default" };
  await cluster.apply({
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: { selector: { app: "web" }, ports: [port] },
  });
  const address = await cluster.kubectl(["get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"]);
  const asking = ["timeout", "3", "wget", "-q", "-O", "-", `http://${address}:8080`];
  for (const pod of running) {
    const answers = new Set<string>();
    // Any of the Pods may answer: also the one that asks, and the one on the other node.
    await waitFor(`all to answer ${pod.name}`, async () => {
      answers.add((await pods.exec(pod, ...asking)).trim());
      return answers.size === running.length;
    });
    assertEquals([...answers].sort(), running.map(({ name }) => name).sort());
    await connectTo(world, { pod, target: `${API_SERVICE} 443` });
  }
  for (const node of cluster.nodes) {
    const { stdout } = await node.exec(["busybox", ...asking.slice(0, 2), "busybox", ...asking.slice(2)]);
    assert(running.some(({ name }) => name === stdout.trim()), `${node.name} got: ${stdout}`);
  }
}

async function connectTo({ pods }: World, { pod, target }: { pod: ReadyPod; target: string }): Promise<void> {
  await pods.exec(pod, "sh", "-c", `nc -w 5 ${target} </dev/null`);
}

async function restart(world: World): Promise<void> {
  const { cluster, pods } = world;
  const before = await pods.ready(2, WEB);
  for (const node of cluster.nodes) {
    await node.restartContainerd();
    await node.restartKubelet();
  }
  await cluster.untilReady();
  assertEquals(await pods.ready(2, WEB), before);
  await reachEachOther(world);
  await cluster.apply(shellDeployment({ name: "later", replicas: 2 }));
  await pods.ready(2, { selector: "app=later" });
  await cluster.kubectl(["delete", "deployment", "later"]);
  await pods.gone({ selector: "app=later" });
}

async function reboot(world: World): Promise<void> {
  const { cluster, pods } = world;
  const [node] = cluster.nodes;
  assert(node);
  const count = cluster.nodes.length;
  const before = await pods.ready(count, WEB);
  const kept = ["/var/lib/kept", "/etc/cni/net.d/kept", "/opt/cni/bin/kept"];
  await node.exec(["touch", "/run/lost", ...kept]);
  await node.sync();
  await node.reboot();
  await node.untilHealthy();
  assertEquals((await node.exec(["find", "/run/lost", ...kept], { check: false })).stdout.trim().split("\n"), kept);
  await node.exec(["rm", ...kept]);
  const after = await waitFor("the Pod to be started again", async () => {
    const running = await pods.ready(count, WEB);
    return running.every((pod) => pod.restarts > 0 || pod.node !== node.name) && running;
  }, { timeoutMs: 120_000, intervalMs: 250 });
  assertEquals(after.map(({ uid }) => uid).sort(), before.map(({ uid }) => uid).sort());
  for (const pod of after) await connectTo(world, { pod, target: `${API_SERVICE} 443` });
}

async function deleteAll({ cluster, pods }: World): Promise<void> {
  await cluster.kubectl(["delete", "deployment,service", "--all"]);
  await pods.gone();
  await waitFor("nothing to be left on the nodes", async () => {
    const traces = (await Promise.all(cluster.nodes.map(findNodeTraces))).flat();
    if (traces.length > 0) throw new Error(traces.join("\n"));
    return true;
  });
}
