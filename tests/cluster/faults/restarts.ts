import { assert, assertEquals } from "@std/assert";
import { assertAttached, type DanmWorld } from "../../support/cluster/danm_world.ts";
import { networkedDeployment } from "../../support/cluster/danm_workload.ts";
import { waitFor } from "../../support/wait.ts";

/** A kubelet and a containerd end and start while Pods of their nodes are attached, and while they are detached. */
export async function restartDaemons(world: DanmWorld): Promise<void> {
  const { cluster } = world;
  const [first, second] = cluster.nodes;
  assert(first && second);
  const restart = (): Promise<unknown> => Promise.all([first.restartKubelet(), second.restartContainerd()]);
  await cluster.apply(networkedDeployment("restarted", 8));
  await untilRecords(world, { least: 1 });
  await restart();
  await assertAttached(world, { app: "restarted", count: 8, timeoutMs: 240_000 });
  await cluster.kubectl(["delete", "deployment", "restarted"]);
  await restart();
}

/** The API server is away for a minute, in which Pods are started that it knew, and others are stopped. */
export async function loseApiServer(world: DanmWorld): Promise<void> {
  const { cluster } = world;
  await cluster.apply(networkedDeployment("stopped", 4));
  await assertAttached(world, { app: "stopped", count: 4 });
  await cluster.apply(networkedDeployment("started", 4));
  await cluster.kubectl(["delete", "deployment", "stopped", "--wait=false"]);
  await untilRecords(world, { least: 5 });
  await cluster.lab.controlPlane.restartApiServer(async () => {
    const until = performance.now() + 60_000;
    await waitFor("a minute to be over", () => performance.now() > until, { timeoutMs: 61_000, intervalMs: 1_000 });
  });
  await assertAttached(world, { app: "started", count: 4, timeoutMs: 240_000 });
  await world.pods.gone({ selector: "app=stopped", timeoutMs: 240_000 });
}

/** Pods that are deleted by force are gone from the API while they still run; nothing of them stays all the same. */
export async function deleteByForce(world: DanmWorld): Promise<void> {
  const { cluster } = world;
  await cluster.apply(networkedDeployment("forced", 4));
  const { pods } = await assertAttached(world, { app: "forced", count: 4 });
  await cluster.kubectl(["delete", "pod", ...pods.map(({ name }) => name), "--grace-period=0", "--force"]);
  const { pods: successors } = await assertAttached(world, { app: "forced", count: 4 });
  assertEquals(successors.filter(({ uid }) => pods.some((pod) => pod.uid === uid)), []);
}

/** Waits until the nodes have so many sandboxes that are attached, or half so. */
async function untilRecords({ cluster }: DanmWorld, { least }: { least: number }): Promise<void> {
  await waitFor(`${least} sandboxes to be attached`, async () => {
    const lists = await Promise.all(cluster.nodes.map((node) => node.exec(["ls", "/var/lib/cni/danm"])));
    return lists.flatMap(({ stdout }) => stdout.match(/\.(attaching|attached|detaching)$/gm) ?? []).length >= least;
  });
}
