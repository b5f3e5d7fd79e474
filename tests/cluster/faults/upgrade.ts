import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { DanmRelease } from "../../support/cluster/danm_cluster.ts";
import { endpointsOf } from "../../support/cluster/danm_endpoints.ts";
import { assertAttached, type DanmWorld } from "../../support/cluster/danm_world.ts";
import { networkedDeployment } from "../../support/cluster/danm_workload.ts";
import { buildUpgradeImages } from "../../support/images/upgrade_images.ts";
import { toStderr } from "../../support/progress.ts";

/** Seconds for which is pinged while the versions change; at least as long as an upgrade takes. */
const PINGED_S = 45;

/**
 * Pods that live through an upgrade lose no packet, others start meanwhile, and the new version detaches what the old one
 * attached; then all of that on the way back.
 */
export async function upgrade(world: DanmWorld): Promise<void> {
  const { cluster, release } = world;
  const next = { ...release, images: await buildUpgradeImages(`${cluster.lab.dir}/next`, toStderr) };
  await cluster.apply(networkedDeployment("stays", 2));
  await assertAttached(world, { app: "stays", count: 2 });
  await change(world, { to: next, way: "up" });
  await change(world, { to: release, way: "back" });
  const { pods: stayed } = await assertAttached(world, { app: "stays", count: 2 });
  assertEquals(stayed.map(({ restarts }) => restarts), [0, 0]);
}

/** Puts another version in the place of the present one. */
async function change(world: DanmWorld, { to, way }: { to: DanmRelease; way: string }): Promise<void> {
  const { cluster, danm, pods } = world;
  const [former, meanwhile] = [`former-${way}`, `meanwhile-${way}`];
  await cluster.apply(networkedDeployment(former, 2));
  await assertAttached(world, { app: former, count: 2 });
  const before = await readLaunchers(world);
  const pinging = pingBetween(world, "stays-");
  await Promise.all([danm.apply(to), cluster.apply(networkedDeployment(meanwhile, 4))]);
  assert((await pinging).includes(" 0% packet loss"), await pinging);
  await assertAttached(world, { app: meanwhile, count: 4 });
  for (const [index, launcher] of (await readLaunchers(world)).entries()) assertNotEquals(launcher, before[index]);
  await cluster.kubectl(["delete", "deployment", former]);
  await pods.gone({ selector: `app=${former}` });
  assertEquals(await endpointsOf(cluster, `${former}-`), []);
}

/** What `ping` says between the first two Pods of these names, over the network `red`. */
async function pingBetween({ cluster }: DanmWorld, prefix: string): Promise<string> {
  const [from, to] = (await endpointsOf(cluster, prefix)).filter(({ network }) => network === "red");
  assert(from && to);
  const argv = ["ping", "-q", "-i", "0.2", "-w", `${PINGED_S}`, "-I", from.interface, to.addresses[0] ?? ""];
  return await cluster.kubectl(["exec", from.pod, "--", ...argv], { timeoutMs: (PINGED_S + 30) * 1000 });
}

/** The executables that runtimes start; they name the version. */
async function readLaunchers({ cluster }: DanmWorld): Promise<string[]> {
  return await Promise.all(
    cluster.nodes.map(async (node) => (await node.exec(["cat", "/opt/cni/bin/danm"])).stdout),
  );
}
