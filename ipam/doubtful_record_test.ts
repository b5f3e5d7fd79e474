import { assert, assertEquals } from "@std/assert";
import { createKeeper } from "../danm_ipam/keeper.ts";
import { AllocationWorld } from "../tests/support/ipam/allocation_world.ts";
import type { AllocationRecord } from "./allocation_record.ts";
import { writeAttached } from "./doubtful_record.ts";
import type { OwnedObject } from "./ledger.ts";
import { sweep } from "./sweep.ts";

const SIGNAL = new AbortController().signal;
const asItIs = (record: AllocationRecord): AllocationRecord => record;
const doubt = (address: string, unsettledAt: number): OwnedObject => ({
  kind: "DanmIp",
  name: `${address}.cn.wide`,
  interface: "eth0",
  unsettledAt,
});

/** An attached sandbox that holds .9, and whose request for .1 never got an answer. */
async function attachWithDoubt(world: AllocationWorld): Promise<AllocationRecord> {
  const record = await world.attach("10.0.0.9", { state: "attaching" });
  const before = { ...record, objects: [...record.objects, doubt("10.0.0.1", world.now)] };
  writeAttached(before, { deps: world.nodeDeps(), doubtful: asItIs });
  const [file] = world.records.find(record).filter(({ state }) => state === "attached");
  assert(file);
  return world.records.read(file);
}

Deno.test("what an attached sandbox asked for in vain is settled while it lives", async () => {
  using world = new AllocationWorld();
  const record = await attachWithDoubt(world);
  assertEquals(world.recordNames(), ["p1~c1~eth0.attached", "p1~c1~eth0.doubtful"]);
  assertEquals(record.objects.map(({ name }) => name), ["10.0.0.9.cn.wide"]);
  await world.hold("10.0.0.1");
  await sweep(createKeeper(world.nodeDeps()), SIGNAL);
  assertEquals(world.held(), ["10.0.0.9", "10.0.0.1"], "it is not due yet");
  world.now += 120;
  await sweep(createKeeper(world.nodeDeps()), SIGNAL);
  assertEquals([world.held(), world.recordNames()], [["10.0.0.9"], ["p1~c1~eth0.attached"]]);
});

Deno.test("doubts of a sandbox that is detached join those that stand beside its record", async () => {
  using world = new AllocationWorld();
  const record = await attachWithDoubt(world);
  const withOwn = { ...record, objects: record.objects.map((one) => ({ ...one, unsettledAt: world.now })) };
  world.records.write(withOwn);
  await createKeeper(world.nodeDeps()).detach(withOwn, { signal: SIGNAL });
  assertEquals([world.held(), world.recordNames()], [[], ["p1~c1~eth0.doubtful"]]);
  const [file] = world.records.find(record);
  assert(file);
  assertEquals(world.records.read(file).objects.map(({ name }) => name).sort(), [
    "10.0.0.1.cn.wide",
    "10.0.0.9.cn.wide",
  ]);
  await world.hold("10.0.0.1");
  await world.hold("10.0.0.9");
  world.now += 120;
  await sweep(createKeeper(world.nodeDeps()), SIGNAL);
  assertEquals([world.held(), world.files()], [[], []]);
});

Deno.test("a damaged record beside it is kept, and does not keep a sandbox from being detached", async () => {
  using world = new AllocationWorld();
  const record = await attachWithDoubt(world);
  Deno.writeTextFileSync(`${world.dir}/p1~c1~eth0.doubtful`, "");
  const withOwn = { ...record, objects: record.objects.map((one) => ({ ...one, unsettledAt: world.now })) };
  await createKeeper(world.nodeDeps()).detach(withOwn, { signal: SIGNAL });
  assertEquals(world.recordNames().filter((name) => name.endsWith(".doubtful")), ["p1~c1~eth0.doubtful"]);
  assert(world.files().includes("p1~c1~eth0.doubtful.damaged"));
});
