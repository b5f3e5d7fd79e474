import { assertEquals, assertRejects } from "@std/assert";
import { sweep } from "../ipam/sweep.ts";
import type { VerbRequest } from "../shared/cni/plugin.ts";
import { AllocationWorld } from "../tests/support/ipam/allocation_world.ts";
import { del } from "./del.ts";
import { createKeeper } from "./keeper.ts";

const SIGNAL = new AbortController().signal;
const DEL: VerbRequest & { signal: AbortSignal } = {
  cniVersion: "1.0.0",
  networkName: "by-danm",
  containerID: "c1",
  netns: "",
  ifname: "eth0",
  args: "no pair at all",
  path: [],
  conf: {},
  signal: SIGNAL,
};

Deno.test("DEL releases what its attachment holds and nothing else, and may be repeated", async () => {
  using world = new AllocationWorld();
  await world.attach("10.0.0.1");
  await world.attach("10.0.0.2", { ifname: "net1" });
  await world.attach("10.0.0.3", { containerID: "c2" });
  for (let time = 0; time < 2; time++) {
    await del(DEL, world.nodeDeps());
    assertEquals(world.held(), ["10.0.0.2", "10.0.0.3"]);
    assertEquals(world.recordNames(), ["p1~c1~net1.attached", "p1~c2~eth0.attached"]);
  }
  using lock = world.records.tryLock(DEL);
  assertEquals(lock?.detachedFor, 0);
});

Deno.test("a DEL that cannot release fails and keeps the record, and goes on when it is called again", async () => {
  using world = new AllocationWorld();
  await world.attach("10.0.0.1");
  const objects = world.serverWith({ remove: () => Promise.reject(new Error("away")) });
  await assertRejects(() => del(DEL, world.nodeDeps({ objects })), AggregateError);
  assertEquals([world.held(), world.recordNames()], [["10.0.0.1"], ["p1~c1~eth0.detaching"]]);
  await del(DEL, world.nodeDeps());
  assertEquals([world.held(), world.recordNames()], [[], []]);
});

Deno.test("DEL of a damaged record releases what the API server has, but not what danm took for the sandbox", async () => {
  using world = new AllocationWorld();
  await world.attach("10.0.0.1");
  const byDanm = {
    space: "cn.wide",
    address: "10.0.0.2",
    networkKind: "ClusterNetwork",
    networkNamespace: "",
    networkName: "wide",
    podNamespace: "default",
    podName: "web",
    podUID: "p1",
    containerID: "c1",
    interface: "eth0",
    node: "node-1",
  };
  await world.server.create({ kind: "DanmIp", name: "10.0.0.2.cn.wide" }, byDanm, SIGNAL);
  Deno.writeTextFileSync(`${world.dir}/p1~c1~eth0.attached`, "");
  await del(DEL, world.nodeDeps());
  assertEquals([world.held(), world.recordNames()], [["10.0.0.2"], ["p1~c1~eth0.attached.damaged"]]);
});

Deno.test("the sweep releases what a dead ADD took, and leaves attached ones alone", async () => {
  using world = new AllocationWorld();
  await world.attach("10.0.0.1", { state: "attaching" });
  await world.attach("10.0.0.2", { containerID: "c2" });
  await sweep(createKeeper(world.nodeDeps()), SIGNAL);
  assertEquals(world.held(), ["10.0.0.2"]);
});
