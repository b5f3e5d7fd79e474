import { assert, assertEquals } from "@std/assert";
import type { KubeClient } from "../../../shared/kube/client.ts";
import { MERGE, objectOf, pathOf, refusal } from "./api.ts";
import type { CrdCase } from "./case.ts";
import { createDanmIp } from "./danm_ips.ts";

/** Left behind with an address space. */
export const NETWORK: CrdCase = {
  name: "a network",
  kind: "DanmNet",
  object: { metadata: { name: "fixed", namespace: "default" } },
};

/** Creates {@linkcode NETWORK} and tries to move it to another address space. */
export async function addressSpaceIsFixed(admin: KubeClient): Promise<void> {
  const spec = { NetworkID: "n", Options: { address_space: "one" } };
  await admin.create(
    pathOf(NETWORK, { collection: true }),
    objectOf({ ...NETWORK, object: { ...NETWORK.object, spec } }),
  );
  for (const Options of [{ address_space: "two" }, { address_space: null }, null]) {
    const error = await refusal(() => admin.patch(pathOf(NETWORK), { spec: { Options } }, MERGE));
    assertEquals(error?.details?.causes?.[0]?.field, "spec.Options.address_space", JSON.stringify(Options));
  }
  await admin.patch(pathOf(NETWORK), { spec: { Options: { mtu: 1400 } } }, MERGE);
}

/** Tries to change what a TenantNetwork was assigned. */
export async function tenantNetworkIsFixed(admin: KubeClient): Promise<void> {
  const assigned = { host_device: "ens4", device_pool: "", vlan: 5, cidr: "10.0.0.0/24" };
  const of: CrdCase = {
    name: "a tenant's network",
    kind: "TenantNetwork",
    object: { metadata: { name: "assigned", namespace: "default" }, spec: { NetworkID: "n", Options: assigned } },
  };
  await admin.create(pathOf(of, { collection: true }), objectOf(of));
  const changes: [field: string, value: unknown][] = [["host_device", "ens5"], ["host_device", null], ["vlan", 6], [
    "vlan",
    null,
  ], ["vxlan", 6]];
  for (const [field, value] of changes) {
    const error = await refusal(() => admin.patch(pathOf(of), { spec: { Options: { [field]: value } } }, MERGE));
    const fields = error?.details?.causes?.map((cause) => cause.field) ?? [];
    assert(fields.includes(`spec.Options.${field}`), `${field}: ${error?.message}`);
  }
  await admin.patch(pathOf(of), { spec: { Options: { device_pool: null, cidr: "10.0.1.0/24" } } }, MERGE);
}

/** Creates a DanmIp and tries to make it another's. */
export async function danmIpIsFixed(admin: KubeClient): Promise<void> {
  const path = await createDanmIp(admin, { address: "10.9.0.1", podUID: "uid-1", node: "node-1" });
  for (const spec of [{ podUID: "thief" }, { node: "node-2" }, { containerID: "other" }]) {
    const error = await refusal(() => admin.patch(path, { spec }, MERGE));
    assertEquals(error?.details?.causes?.[0]?.field, "spec", JSON.stringify(spec));
  }
  await admin.patch(path, { metadata: { labels: { a: "b" } } }, MERGE);
}
