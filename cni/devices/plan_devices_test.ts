import { assertEquals, assertThrows } from "@std/assert";
import { CniError, ErrorCode } from "../../shared/errors.ts";
import { planDevices } from "./plan_devices.ts";

const [A, B] = ["vendor.com/a", "vendor.com/b"];

function assigned(pools: Record<string, string[]>): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(pools));
}

function requests(...pools: string[]): { interface: string; pool: string }[] {
  return pools.map((pool, index) => ({ interface: `eth${index}`, pool }));
}

Deno.test("planDevices gives each interface another device", async (t) => {
  const cases: { name: string; pools: string[]; has: Record<string, string[]>; planned: string[] }[] = [
    { name: "nobody asks", pools: [], has: { [A]: ["a0"] }, planned: [] },
    { name: "one of each pool", pools: [B, A], has: { [A]: ["a0"], [B]: ["b0"] }, planned: ["b0", "a0"] },
    {
      name: "several of one pool, in the order of the interfaces",
      pools: [A, B, A],
      has: { [A]: ["a0", "a1"], [B]: ["b0"] },
      planned: ["a0", "b0", "a1"],
    },
    { name: "more than are needed", pools: [A], has: { [A]: ["a0", "a1"] }, planned: ["a0"] },
    { name: "a device that is listed twice", pools: [A, A], has: { [A]: ["a0", "a0", "a1"] }, planned: ["a0", "a1"] },
    {
      name: "a device that is in two pools",
      pools: [A, B],
      has: { [A]: ["x0"], [B]: ["x0", "x1"] },
      planned: ["x0", "x1"],
    },
  ];
  for (const { name, pools, has, planned } of cases) {
    await t.step(name, () => {
      assertEquals(planDevices(requests(...pools), assigned(has)), planned);
      assertEquals(planDevices(requests(...pools), assigned(has)), planned, "a second time");
    });
  }
});

Deno.test("planDevices says of each pool that has too few what is wanted, what is there, what to do", async (t) => {
  const cases: { name: string; pools: string[]; has: Record<string, string[]>; messages: string[] }[] = [
    {
      name: "none",
      pools: [A],
      has: {},
      messages: [`device pool ${A}: 1 wanted (eth0), but the Pod was assigned none of its devices`],
    },
    {
      name: "too few, of two pools",
      pools: [A, B, A, A, B],
      has: { [A]: ["a0", "a1"], [B]: ["b0"] },
      messages: [
        `device pool ${A}: 3 wanted (eth0, eth2, eth3), but the Pod was assigned 2 (a0, a1)`,
        `device pool ${B}: 2 wanted (eth1, eth4), but the Pod was assigned 1 (b0)`,
      ],
    },
    {
      name: "enough, but used from another pool",
      pools: [A, B],
      has: { [A]: ["x0"], [B]: ["x0"] },
      messages: [
        `device pool ${B}: 1 wanted (eth1), but the Pod was assigned 1 (x0), ` +
        "some of which are in another pool, too, and used from there",
      ],
    },
  ];
  for (const { name, pools, has, messages } of cases) {
    await t.step(name, () => {
      const { errors } = assertThrows(() => planDevices(requests(...pools), assigned(has)), AggregateError);
      assertEquals(errors.map((error) => error instanceof CniError && error.code), messages.map(() => CODE));
      assertEquals(errors.map((error) => error.message), messages);
      for (const { details } of errors) assertEquals(/resources\.limits/.test(details), true);
    });
  }
});

const CODE = ErrorCode.InvalidRequest;
