import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createKeeper } from "../danm_ipam/keeper.ts";
import { CniError } from "../shared/errors.ts";
import { AllocationWorld } from "../tests/support/ipam/allocation_world.ts";
import { clearOlderSandboxes, clearOwnPast, type NewAttachment, refuseDetached } from "./earlier_records.ts";

const SIGNAL = new AbortController().signal;
const NEW: NewAttachment & { known: object; podUID: string } = {
  containerID: "c1",
  ifname: "eth0",
  startedAt: 1000,
  signal: SIGNAL,
  known: {},
  podUID: "p1",
};

Deno.test("an ADD after the DEL of its attachment is refused as long as the tombstone stands", () => {
  using world = new AllocationWorld();
  const key = { containerID: "c1", ifname: "eth0" };
  const refuse = (): void => {
    using lock = world.records.tryLock(key);
    assert(lock);
    refuseDetached(lock, "c1");
  };
  refuse();
  {
    using lock = world.records.tryLock(key);
    lock?.bury();
  }
  world.now += 299;
  assertEquals(assertThrows(refuse, CniError, "sandbox c1 was detached 299 s ago").code, 104);
  world.now += 1;
  refuse();
});

Deno.test("an ADD undoes what an earlier try of it left", async (t) => {
  for (const state of ["attaching", "detaching"] as const) {
    await t.step(state, async () => {
      using world = new AllocationWorld();
      await world.attach("10.0.0.1", { state });
      assertEquals(await clearOwnPast(NEW, createKeeper(world.nodeDeps())), []);
      assertEquals([world.held(), world.recordNames()], [[], []]);
    });
  }
});

Deno.test("an ADD on an attached sandbox is refused, and nothing is touched", async () => {
  using world = new AllocationWorld();
  await world.attach("10.0.0.1");
  const again = (): Promise<unknown> => clearOwnPast(NEW, createKeeper(world.nodeDeps()));
  assertEquals((await assertRejects(again, CniError, "sandbox c1 is attached already")).code, 104);
  assertEquals([world.held(), world.recordNames()], [["10.0.0.1"], ["p1~c1~eth0.attached"]]);
});

Deno.test("what an earlier try left in doubt is handed on", async () => {
  using world = new AllocationWorld();
  const doubt = { kind: "DanmIp", name: "10.0.0.1.cn.wide", interface: "eth0", unsettledAt: 990 } as const;
  const record = await world.attach("10.0.0.9", { state: "attaching" });
  world.records.write({ ...record, objects: [...record.objects, doubt] });
  const left = await clearOwnPast(NEW, createKeeper(world.nodeDeps()));
  assertEquals(left.map(({ state, objects }) => [state, objects.map(({ name }) => name)]), [["doubtful", [
    doubt.name,
  ]]]);
  assertEquals([world.held(), world.recordNames()], [[], ["p1~c1~eth0.doubtful"]]);
});

Deno.test("of one Pod the older sandboxes are detached, on every interface; nothing else is", async () => {
  using world = new AllocationWorld();
  const pod = { namespace: "default", name: "other", uid: "p2" };
  await world.attach("10.0.0.1", { ifname: "net1" });
  await world.attach("10.0.0.2", { containerID: "c0" });
  await world.attach("10.0.0.3", { containerID: "c0", ifname: "net1" });
  await world.attach("10.0.0.4", { containerID: "c9", pod });
  await clearOlderSandboxes(NEW, createKeeper(world.nodeDeps()));
  assertEquals(world.held(), ["10.0.0.1", "10.0.0.4"]);
  using lock = world.records.tryLock({ containerID: "c0", ifname: "eth0" });
  assertEquals(lock?.detachedFor, 0);
});

Deno.test("an ADD that hung while a newer sandbox of the Pod was attached gives way", async () => {
  using world = new AllocationWorld();
  await world.attach("10.0.0.1", { containerID: "c2", startedAt: 1001 });
  world.now = 1002;
  const clear = (): Promise<void> => clearOlderSandboxes(NEW, createKeeper(world.nodeDeps()));
  assertEquals((await assertRejects(clear, CniError, "sandbox c1 is superseded by c2")).code, 104);
  assertEquals(world.held(), ["10.0.0.1"]);
  // A time that is still to come is one from before the last boot.
  world.now = 1000;
  await clear();
  assertEquals(world.held(), []);
});

Deno.test("an older sandbox that cannot be detached is left to its own DEL", async () => {
  using world = new AllocationWorld();
  await world.attach("10.0.0.1", { containerID: "c0" });
  const objects = world.serverWith({ remove: () => Promise.reject(new Error("refused")) });
  await clearOlderSandboxes(NEW, createKeeper(world.nodeDeps({ objects })));
  assertEquals([world.held(), world.recordNames()], [["10.0.0.1"], ["p1~c0~eth0.detaching"]]);
  assert(world.logged.some((line) => line.includes("refused")));
  using lock = world.records.tryLock({ containerID: "c0", ifname: "eth0" });
  assertEquals(lock?.detachedFor, undefined, "its DEL is still to come");
});

Deno.test("an older sandbox that is busy, with nothing left of it, is not waited for: it may be waiting for us", async () => {
  using world = new AllocationWorld();
  const record = await world.attach("10.0.0.9", { containerID: "c0", state: "attaching" });
  using _itsNextAdd = world.records.tryLock(record);
  let waits = 0;
  const delay = (): Promise<void> => {
    if (++waits === 2) world.records.remove(record);
    return Promise.resolve();
  };
  await clearOlderSandboxes(NEW, createKeeper(world.nodeDeps({ delay })));
  assertEquals(waits, 2);
});

Deno.test("an older sandbox that stays busy is named when the time is over", async () => {
  using world = new AllocationWorld();
  const record = await world.attach("10.0.0.9", { containerID: "c0", state: "attaching" });
  using _stuck = world.records.tryLock(record);
  const delay = (): Promise<void> => Promise.reject(new DOMException("over", "TimeoutError"));
  const clear = (): Promise<void> => clearOlderSandboxes(NEW, createKeeper(world.nodeDeps({ delay })));
  assertEquals((await assertRejects(clear, CniError, "sandbox c0 of the same Pod is busy")).code, 11);
});
