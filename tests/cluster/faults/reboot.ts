import { assertEquals } from "@std/assert";
import type { ClusterNode } from "../../support/cluster/cluster_node.ts";
import { assertAttached, type DanmWorld, makeVlanLink } from "../../support/cluster/danm_world.ts";
import { networkedDeployment } from "../../support/cluster/danm_workload.ts";
import { waitFor } from "../../support/wait.ts";

/** A node comes back after it was without power, and its Pods with it, on their networks. */
export async function rebootOne(world: DanmWorld): Promise<void> {
  await reboot(world, world.cluster.nodes.slice(0, 1));
}

/** All nodes at once: neither our webhook nor anything else of ours is there for the others to start with. */
export async function rebootAll(world: DanmWorld): Promise<void> {
  await reboot(world, world.cluster.nodes);
}

async function reboot(world: DanmWorld, nodes: readonly ClusterNode[]): Promise<void> {
  const { cluster, danm, pods } = world;
  await cluster.apply(networkedDeployment("rebooted", 4));
  const { pods: before } = await assertAttached(world, { app: "rebooted", count: 4 });
  await Promise.all(nodes.map(async (node) => {
    await node.sync();
    await node.reboot();
    if (node.machine.kind === "uml") await makeVlanLink(node);
  }));
  const names = new Set(nodes.map(({ name }) => name));
  // For a while the API has them as running, which they were.
  await waitFor("the Pods to have been started again", async () => {
    const now = await pods.ready(4, { selector: "app=rebooted", timeoutMs: 240_000 });
    return now.filter(({ node }) => names.has(node)).every(({ restarts }) => restarts > 0);
  }, { timeoutMs: 240_000, intervalMs: 500 });
  const { pods: after } = await assertAttached(world, { app: "rebooted", count: 4 });
  assertEquals(after.map(({ uid }) => uid).sort(), before.map(({ uid }) => uid).sort());
  await danm.untilReady();
}
