import { assertEquals, assertStringIncludes } from "@std/assert";
import { parseNetwork } from "../../shared/schema/network.ts";
import { device, held, tenantConfig } from "../../tests/integration/webhook/cases/tenant_case.ts";
import type { StoredNetwork } from "../cluster.ts";
import { planReservations } from "./plan_reservations.ts";

const DEVICES = { hostDevices: [device("ens4", "vlan", "1-4094")] };
const NAMES = Array.from({ length: 256 }, (_, index) => `n${index}`);

function tenantNetwork(namespace: string, name: string, Options = {}): Record<string, unknown> {
  return { metadata: { namespace, name }, spec: { NetworkType: "ipvlan", NetworkID: "n", Options: { ...Options } } };
}

/** What a network of a namespace gets when 256 ids are reserved for the namespace `busy`. */
function outcome(namespace: string, name: string, stored: Record<string, unknown> = {}): string {
  const config = tenantConfig("a", DEVICES, NAMES.map((one, index) => held("ens4", "vlan", 1 + index, `busy/${one}`)));
  const networks = Object.entries(stored).map(([one, Options]): StoredNetwork => ({
    kind: "TenantNetwork",
    object: tenantNetwork("busy", one, Options as object) as unknown as StoredNetwork["object"],
  }));
  const network = parseNetwork("TenantNetwork", tenantNetwork(namespace, name));
  const { grants: [grant] } = planReservations([{ network, random: 0, dryRun: false }], {
    configs: [config],
    networks,
  });
  if (!grant) return "nothing";
  return "assignment" in grant.plan ? `vlan ${grant.plan.assignment.vni?.vni}` : grant.plan.denials[0]?.reason ?? "";
}

Deno.test("a namespace whose networks never come to be does not use up the ids of all", () => {
  const refusal = "256 ids are reserved for namespace busy that no TenantNetwork has";
  assertStringIncludes(outcome("busy", "one-more"), refusal);
  assertStringIncludes(outcome("busy", "one-more", { n0: { host_device: "ens5", vlan: 1 } }), refusal);
  // Others get theirs, and so does who has one reserved, and who has networks to show for it.
  assertEquals(outcome("other", "first"), "vlan 257");
  assertEquals(outcome("busy", "n7"), "vlan 8");
  assertEquals(outcome("busy", "one-more", { n0: { host_device: "ens4", vlan: 1 } }), "vlan 257");
});
