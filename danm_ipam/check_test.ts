import { assertEquals, assertRejects } from "@std/assert";
import type { AllocationRecord } from "../ipam/allocation_record.ts";
import type { CniResult } from "../shared/cni/cni_result.ts";
import type { VerbRequest } from "../shared/cni/plugin.ts";
import { toCniError } from "../shared/cni/to_cni_error.ts";
import { danmIpName } from "../shared/schema/danm_ip.ts";
import { AllocationWorld, SPACE } from "../tests/support/ipam/allocation_world.ts";
import { check } from "./check.ts";

const SIGNAL = new AbortController().signal;

function request(prevResult?: CniResult): VerbRequest & { signal: AbortSignal } {
  return {
    cniVersion: "1.0.0",
    networkName: "by-danm",
    containerID: "c1",
    netns: "/run/netns/a",
    ifname: "eth0",
    args: "",
    path: [],
    conf: {},
    signal: SIGNAL,
    ...(prevResult && { prevResult }),
  };
}

Deno.test("CHECK is content with an attachment that holds what its record says", async () => {
  using world = new AllocationWorld();
  await world.attach("10.0.0.7");
  await check(request(), world.nodeDeps());
  await check(request({ ips: [{ address: "10.0.0.7/24" }, { address: "192.0.2.1/24" }] }), world.nodeDeps());
  await check(request({}), world.nodeDeps());
  assertEquals([world.held(), world.recordNames()], [["10.0.0.7"], ["p1~c1~eth0.attached"]]);
});

Deno.test("CHECK names what is not as ADD left it", async (t) => {
  const ref = { kind: "DanmIp", name: danmIpName("10.0.0.7", SPACE) } as const;
  const cases: {
    what: string;
    change: (world: AllocationWorld, record: AllocationRecord) => unknown;
    prev?: CniResult;
    says: string;
  }[] = [
    {
      what: "no record",
      change: (world, record) => world.records.remove(record),
      says: "interface eth0 of sandbox c1 has no record of addresses on this node",
    },
    {
      what: "a record that is being detached",
      change: (world, record) => world.records.move(record, "detaching"),
      says: "interface eth0 of sandbox c1 has no record",
    },
    {
      what: "a DanmIp that is gone",
      change: (world) => world.server.remove(ref, { uid: "uid-1", signal: SIGNAL }),
      says: `DanmIp ${ref.name} of sandbox c1 is gone`,
    },
    {
      what: "a DanmIp of another sandbox",
      change: async (world) => {
        await world.server.remove(ref, { uid: "uid-1", signal: SIGNAL });
        await world.attach("10.0.0.7", { containerID: "c2", pod: { namespace: "b", name: "db", uid: "p2" } });
      },
      says: `DanmIp ${ref.name} belongs to Pod b/db, sandbox c2`,
    },
    {
      what: "a result with another address",
      change: () => undefined,
      prev: { ips: [{ address: "10.0.0.8/24" }] },
      says: "address 10.0.0.7 of sandbox c1 is not in prevResult (10.0.0.8)",
    },
  ];
  for (const { what, change, prev, says } of cases) {
    await t.step(what, async () => {
      using world = new AllocationWorld();
      await change(world, await world.attach("10.0.0.7"));
      const error = toCniError(await assertRejects(() => check(request(prev), world.nodeDeps())), "CHECK");
      assertEquals([error.code, error.message.startsWith(says)], [104, true], error.message);
    });
  }
});
