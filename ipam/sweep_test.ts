import { assertEquals } from "@std/assert";
import { createKeeper } from "../danm_ipam/keeper.ts";
import { allocationRecord, AllocationWorld } from "../tests/support/ipam/allocation_world.ts";
import type { RecordKeeper } from "./record_keeper.ts";
import type { AllocationRecord } from "./allocation_record.ts";
import { sweep } from "./sweep.ts";

const SIGNAL = new AbortController().signal;

/** A keeper that counts how many records are opened. */
function counting(
  keeper: RecordKeeper<AllocationRecord>,
): { keeper: RecordKeeper<AllocationRecord>; opened: string[] } {
  const opened: string[] = [];
  const open: RecordKeeper<AllocationRecord>["open"] = (file, options) => {
    opened.push(file.containerID);
    return keeper.open(file, options);
  };
  return { keeper: { ...keeper, open }, opened };
}

function leaveDoubt(world: AllocationWorld, containerID: string, unsettledAt: number): void {
  const doubt = { kind: "DanmIp", name: `10.0.0.1.cn.${containerID}`, interface: "eth0", unsettledAt } as const;
  world.records.write(allocationRecord({ containerID, state: "doubtful", objects: [doubt] }));
}

Deno.test("records that are not due are neither locked nor opened, however many there are", async () => {
  using world = new AllocationWorld();
  for (let index = 0; index < 300; index++) leaveDoubt(world, `c${index}`, world.now - 60);
  const { keeper, opened } = counting(createKeeper(world.nodeDeps({ random: () => 0.5 })));
  await sweep(keeper, SIGNAL);
  assertEquals([opened, world.files().filter((name) => name.startsWith("locks/"))], [[], []]);
  assertEquals(world.recordNames().length, 300);
});

Deno.test("a few that are due are settled by each command, from anywhere on", async () => {
  using world = new AllocationWorld();
  for (let index = 0; index < 40; index++) leaveDoubt(world, `c${index}`, world.now - 120);
  const { keeper, opened } = counting(createKeeper(world.nodeDeps({ random: () => 0.99 })));
  for (let command = 1; command <= 10; command++) {
    await sweep(keeper, SIGNAL);
    assertEquals(world.recordNames().length, 40 - 4 * command);
  }
  assertEquals([new Set(opened).size, world.files()], [40, []]);
});

Deno.test("those that are due among many that are not are reached by some command", async () => {
  using world = new AllocationWorld();
  for (let index = 0; index < 100; index++) leaveDoubt(world, `c${index}`, world.now - 60);
  leaveDoubt(world, "due", world.now - 120);
  let step = 0;
  const deps = world.nodeDeps({ random: () => (step++ % 10) / 10 });
  for (let command = 0; command < 10; command++) await sweep(createKeeper(deps), SIGNAL);
  assertEquals(world.recordNames().filter((name) => name.includes("~due~")), []);
  assertEquals(world.recordNames().length, 100);
});
