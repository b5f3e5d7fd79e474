import { assertEquals } from "@std/assert";
import { findHostLink } from "./host_link.ts";
import { type NetworkKind, type NetworkOptions, parseNetwork } from "./network.ts";

Deno.test("a host link is named after the NetworkID, or after the VNI where that is mapped", () => {
  const named = (kind: NetworkKind, Options: NetworkOptions, mapped?: boolean): readonly string[] | undefined => {
    const network = parseNetwork(kind, { metadata: { name: "n" }, spec: { NetworkID: "id", Options } });
    return findHostLink(network, mapped === undefined ? {} : { mapped })?.names;
  };
  assertEquals(named("DanmNet", { host_device: "ens4", vlan: 5 }), ["id.5"]);
  assertEquals(named("TenantNetwork", { host_device: "ens4", vlan: 5 }, true), ["id.5"]);
  assertEquals(named("ClusterNetwork", { host_device: "ens4", vxlan: 5 }), ["vx_id"]);
  assertEquals(named("TenantNetwork", { host_device: "ens4", vxlan: 5 }), ["vx_5", "vx_id"]);
  assertEquals(named("TenantNetwork", { host_device: "ens4", vxlan: 5 }, true), ["vx_5"]);
  assertEquals(named("TenantNetwork", { host_device: "ens4", vxlan: 5 }, false), ["vx_id"]);
  assertEquals(named("DanmNet", { host_device: "ens4" }), undefined);
  assertEquals(named("DanmNet", { vlan: 5 }), undefined);
});
