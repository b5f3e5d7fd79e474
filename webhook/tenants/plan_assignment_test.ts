import { assert, assertEquals } from "@std/assert";
import { parseNetwork } from "../../shared/schema/network.ts";
import { device, held, tenantConfig } from "../../tests/integration/webhook/cases/tenant_case.ts";
import type { Manifest } from "../../tests/support/webhook/memory_cluster.ts";
import { planAssignment } from "./plan_assignment.ts";
import { readTenancy } from "./tenancy.ts";

const NETWORK = parseNetwork("TenantNetwork", {
  metadata: { namespace: "default", name: "n" },
  spec: { NetworkType: "macvlan", NetworkID: "n" },
});

/** The device that a network gets which names none, for random numbers from 0 up to 1. */
function devices(...configs: readonly Manifest[]): string[] {
  const world = { tenancy: readTenancy(configs), uses: [] };
  return [0, 0.3, 0.5, 0.7, 0.999].map((random) => {
    const plan = planAssignment(NETWORK, world, { random, dryRun: false });
    assert("assignment" in plan, JSON.stringify(plan));
    return plan.assignment.device?.name ?? "none";
  });
}

Deno.test("a network that names no device gets any link of all TenantConfigs with a free VNI", () => {
  const all = tenantConfig("a", {
    hostDevices: [
      device("ens4", "vlan", "1-2"),
      device("vendor.com/vf", "vlan", "1-2"),
      device("ens5", "vxlan", "7"),
      device("ens6"),
    ],
  });
  const more = tenantConfig("b", { hostDevices: [device("ens4", "vlan", "9"), device("ens7", "vlan", "1")] });
  assertEquals(devices(all, more), ["ens4", "ens4", "ens5", "ens7", "ens7"]);
});

Deno.test("links that are used up are not chosen, whatever the number", () => {
  const config = tenantConfig("a", {
    hostDevices: [device("ens4", "vlan", "1"), device("ens5", "vlan", "1-2"), device("ens6", "vlan", "3")],
  }, [held("ens4", "vlan", 1, "x/y"), held("ens6", "vlan", 3, "x/z")]);
  assertEquals(new Set(devices(config)), new Set(["ens5"]));
});

Deno.test("a range of all VxLAN ids is searched no longer than what is taken of it", () => {
  const taken = Array.from({ length: 5000 }, (_, index) => held("ens4", "vxlan", index + 1, "x/y"));
  const config = tenantConfig("a", { hostDevices: [device("ens4", "vxlan", "1-16777214")] }, taken);
  const world = { tenancy: readTenancy([config]), uses: [] };
  const plan = planAssignment(NETWORK, world, { random: 0, dryRun: false });
  assertEquals("assignment" in plan && plan.assignment.vni?.vni, 5001);
});
