import { assertEquals, assertRejects } from "@std/assert";
import type { GcRequest } from "../shared/cni/plugin.ts";
import { AllocationWorld } from "../tests/support/ipam/allocation_world.ts";
import { gc } from "./gc.ts";

function request(validAttachments: GcRequest["validAttachments"]): GcRequest & { signal: AbortSignal } {
  const signal = new AbortController().signal;
  return { cniVersion: "1.1.0", networkName: "by-danm", path: [], conf: {}, validAttachments, signal };
}

/** Two attachments, and the tombstone of one that was detached an hour ago. */
async function world(): Promise<AllocationWorld> {
  const world = new AllocationWorld();
  await world.attach("10.0.0.1");
  await world.attach("10.0.0.2", { containerID: "c2" });
  {
    using lock = world.records.tryLock({ containerID: "c0", ifname: "eth0" });
    lock?.bury();
  }
  world.now += 3600;
  return world;
}

Deno.test("GC releases what is not valid and removes old tombstones", async () => {
  using node = await world();
  await gc(request([{ containerID: "c2", ifname: "eth0" }]), node.nodeDeps());
  assertEquals([node.held(), node.recordNames()], [["10.0.0.2"], ["p1~c2~eth0.attached"]]);
  assertEquals(node.files().includes("locks/c0~eth0"), false);
});

Deno.test("GC removes old tombstones also when something cannot be released", async () => {
  using node = await world();
  const objects = node.serverWith({ remove: () => Promise.reject(new Error("away")) });
  await assertRejects(() => gc(request([]), node.nodeDeps({ objects })), AggregateError);
  assertEquals([node.held().length, node.files().includes("locks/c0~eth0")], [2, false]);
});

Deno.test("GC changes nothing where the runtime does not say what is valid", async () => {
  using node = await world();
  const before = node.files();
  await gc(request(undefined), node.nodeDeps());
  assertEquals([node.held().length, node.files()], [2, before]);
});
