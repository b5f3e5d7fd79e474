import { assert, assertEquals } from "@std/assert";
import { assertAttached, type DanmWorld, makeVlanLink } from "../../support/cluster/danm_world.ts";
import { networkedDeployment } from "../../support/cluster/danm_workload.ts";
import { waitFor } from "../../support/wait.ts";

/** A node comes back after it was without power, and its Pods with it, on their networks. */
export async function reboot(world: DanmWorld): Promise<void> {
  const { cluster, danm, pods } = world;
  const [node] = cluster.nodes;
  assert(node);
  await cluster.apply(networkedDeployment("rebooted", 4));
  const { pods: before } = await assertAttached(world, { app: "rebooted", count: 4 });
  await node.sync();
  await node.reboot();
  if (node.machine.kind === "uml") await makeVlanLink(node);
  // For a while the API has them as running, which they were.
  await waitFor("the Pods to have been started again", async () => {
    const now = await pods.ready(4, { selector: "app=rebooted", timeoutMs: 240_000 });
    return now.filter((pod) => pod.node === node.name).every(({ restarts }) => restarts > 0);
  }, { timeoutMs: 240_000, intervalMs: 500 });
  const { pods: after } = await assertAttached(world, { app: "rebooted", count: 4 });
  assertEquals(after.map(({ uid }) => uid).sort(), before.map(({ uid }) => uid).sort());
  await danm.untilReady();
}
