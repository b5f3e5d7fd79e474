import { assert, assertEquals, assertRejects } from "@std/assert";
import { createKeeper } from "../danm_ipam/keeper.ts";
import { CniError } from "../shared/errors.ts";
import { AllocationWorld } from "../tests/support/ipam/allocation_world.ts";
import { collect, type CollectRequest } from "./collect.ts";
import type { ObjectStore } from "./object_store.ts";

const SIGNAL = new AbortController().signal;

function gc(world: AllocationWorld, valid: CollectRequest["valid"] = [], objects?: ObjectStore): Promise<void> {
  const keeper = createKeeper(world.nodeDeps(objects && { objects }));
  return collect({ networkName: "by-danm", valid, signal: SIGNAL }, keeper);
}

Deno.test("GC detaches what is not valid, and keeps a late ADD of it out", async () => {
  using world = new AllocationWorld();
  await world.attach("10.0.0.1");
  await world.attach("10.0.0.2", { containerID: "c2" });
  await world.attach("10.0.0.3", { ifname: "net1" });
  await world.attach("10.0.0.4", { containerID: "c4", state: "detaching" });
  await gc(world, [{ containerID: "c2", ifname: "eth0" }]);
  assertEquals([world.held(), world.recordNames()], [["10.0.0.2"], ["p1~c2~eth0.attached"]]);
  for (const [containerID, ifname] of [["c1", "eth0"], ["c1", "net1"], ["c4", "eth0"]] as const) {
    using lock = world.records.tryLock({ containerID, ifname });
    assertEquals(lock?.detachedFor, 0);
  }
});

Deno.test("GC leaves alone what it must not judge", async (t) => {
  const cases: { what: string; record: Parameters<AllocationWorld["attach"]>[1] }[] = [
    { what: "the attachment of another configuration", record: { networkName: "other" } },
    { what: "one so young that the list may be older", record: { startedAt: 1000 - 59 } },
    { what: "one that begins now", record: { startedAt: 1000 } },
    { what: "one of which only doubts are left", record: { state: "doubtful" } },
  ];
  for (const { what, record } of cases) {
    await t.step(what, async () => {
      using world = new AllocationWorld();
      await world.attach("10.0.0.1", record);
      const before = world.recordNames();
      await gc(world);
      assertEquals([world.held(), world.recordNames()], [["10.0.0.1"], before]);
    });
  }
  await t.step("one that somebody is at work on", async () => {
    using world = new AllocationWorld();
    await world.attach("10.0.0.1");
    using _busy = world.records.tryLock({ containerID: "c1", ifname: "eth0" });
    await gc(world);
    assertEquals(world.held(), ["10.0.0.1"]);
  });
});

Deno.test("GC detaches what was attached before the last boot, whatever its clock said then", async () => {
  using world = new AllocationWorld();
  await world.attach("10.0.0.1", { startedAt: 5000 });
  await gc(world);
  assertEquals(world.held(), []);
});

Deno.test("an attachment is old enough after a minute", async () => {
  using world = new AllocationWorld();
  await world.attach("10.0.0.1", { startedAt: 1000 });
  world.now = 1059;
  await gc(world);
  assertEquals(world.held(), ["10.0.0.1"]);
  world.now = 1060;
  await gc(world);
  assertEquals(world.held(), []);
});

Deno.test("what fails is named and does not keep GC from the rest", async () => {
  using world = new AllocationWorld();
  for (const number of [1, 2, 3]) await world.attach(`10.0.0.${number}`, { containerID: `c${number}` });
  const { server } = world;
  const failing = world.serverWith({
    remove: (ref, options) =>
      ref.name.startsWith("10.0.0.2") ? Promise.reject(new Error("refused")) : server.remove(ref, options),
  });
  const error = await assertRejects(() => gc(world, [], failing), AggregateError);
  assertEquals(error.errors.map(({ code, message }: CniError) => [code, message]), [
    [11, `record ${world.dir}/p1~c2~eth0.attached: refused`],
  ]);
  assertEquals([world.held(), world.recordNames()], [["10.0.0.2"], ["p1~c2~eth0.detaching"]]);
  await gc(world);
  assertEquals([world.held(), world.recordNames()], [[], []]);
});

Deno.test("a tombstone that cannot be written is no reason for GC to fail", async () => {
  using world = new AllocationWorld();
  await world.attach("10.0.0.1");
  const { records } = world;
  const tryLock = records.tryLock.bind(records);
  records.tryLock = (key) => {
    const lock = tryLock(key);
    return lock && { ...lock, bury: () => assert(false, "disk full"), [Symbol.dispose]: () => lock[Symbol.dispose]() };
  };
  await gc(world);
  assertEquals(world.held(), []);
  assert(world.logged.some((line) => line.includes("disk full")));
});
