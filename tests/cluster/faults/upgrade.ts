import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { assertAttached, type DanmWorld } from "../../support/cluster/danm_world.ts";
import { networkedDeployment } from "../../support/cluster/danm_workload.ts";
import { buildUpgradeImages } from "../../support/images/upgrade_images.ts";
import { toStderr } from "../../support/progress.ts";

/** Seconds for which is pinged while the versions change; at least as long as an upgrade takes. */
const PINGED_S = 45;

/** Pods that live through an upgrade lose no packet, others start meanwhile, and all go afterwards. */
export async function upgrade(world: DanmWorld): Promise<void> {
  const { cluster, danm, release, pods } = world;
  await cluster.apply(networkedDeployment("stays", 2));
  const { endpoints } = await assertAttached(world, { app: "stays", count: 2 });
  const [from, to] = endpoints.filter(({ network }) => network === "red");
  assert(from && to);
  const launchers = await Promise.all(cluster.nodes.map((node) => node.exec(["cat", "/opt/cni/bin/danm"])));
  const images = await buildUpgradeImages(`${cluster.lab.dir}/next`, toStderr);
  const argv = ["ping", "-q", "-i", "0.2", "-w", `${PINGED_S}`, "-I", from.interface, to.addresses[0] ?? ""];
  const pinging = cluster.kubectl(["exec", from.pod, "--", ...argv], { timeoutMs: (PINGED_S + 30) * 1000 });
  await Promise.all([
    danm.apply({ ...release, images }),
    cluster.apply(networkedDeployment("meanwhile", 4)),
  ]);
  assert((await pinging).includes(" 0% packet loss"), await pinging);
  await assertAttached(world, { app: "meanwhile", count: 4 });
  const now = await Promise.all(cluster.nodes.map((node) => node.exec(["cat", "/opt/cni/bin/danm"])));
  now.forEach(({ stdout }, index) => assertNotEquals(stdout, launchers[index]?.stdout));
  assertEquals((await pods.ready(2, { selector: "app=stays" })).map(({ restarts }) => restarts), [0, 0]);
}
