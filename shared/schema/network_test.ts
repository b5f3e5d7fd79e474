import { assertEquals, assertThrows } from "@std/assert";
import { SchemaError } from "./describe_issues.ts";
import { NETWORK_KINDS, networkType, parseNetwork } from "./network.ts";

function stored(spec: unknown): unknown {
  return {
    apiVersion: "danm.io/v1",
    kind: "DanmNet",
    metadata: { name: "a", namespace: "b", managedFields: [] },
    spec,
  };
}

Deno.test("parseNetwork drops what the original wrote for 'not set'", () => {
  const network = parseNetwork(
    "DanmNet",
    stored({
      NetworkID: "net",
      NetworkType: "",
      AllowedTenants: null,
      Validation: true,
      Options: {
        host_device: "",
        cidr: "10.0.0.0/24",
        allocation_pool: { start: "10.0.0.1", end: "", lastIp: "" },
        allocation_pool_v6: { start: "", end: "", cidr: "", lastIp: "" },
        routes: {},
        alloc: "",
        vlan: 5,
        unknown: true,
      },
    }),
  );
  assertEquals(network.kind, "DanmNet");
  assertEquals(network.spec, {
    NetworkID: "net",
    NetworkType: "ipvlan",
    Options: { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.1" }, vlan: 5 },
  });
});

Deno.test("parseNetwork gives Options and a type even where the object has none", () => {
  for (const kind of NETWORK_KINDS) {
    assertEquals(parseNetwork(kind, stored({})).spec, { NetworkType: "ipvlan", Options: {} });
  }
});

Deno.test("parseNetwork names the object and every field that is wrong", async (t) => {
  const cases: { name: string; spec: unknown; says: string }[] = [
    { name: "no spec", spec: undefined, says: "spec: " },
    { name: "a NetworkID that leaves its directory", spec: { NetworkID: "../x" }, says: "spec.NetworkID: " },
    { name: "a NetworkType of two dots", spec: { NetworkType: ".." }, says: "spec.NetworkType: " },
    { name: "a VLAN that is a text", spec: { Options: { vlan: "5" } }, says: "spec.Options.vlan: " },
    { name: "VLAN 4095", spec: { Options: { vlan: 4095 } }, says: "spec.Options.vlan: " },
    {
      name: "a device that reads like an option",
      spec: { Options: { host_device: "-x" } },
      says: "spec.Options.host_device: ",
    },
    {
      name: "a route without gateway",
      spec: { Options: { routes: { "10.0.0.0/8": 1 } } },
      says: "spec.Options.routes[10.0.0.0/8]: ",
    },
  ];
  for (const { name, spec, says } of cases) {
    await t.step(name, () => {
      const error = assertThrows(() => parseNetwork("DanmNet", stored(spec)), SchemaError, says);
      assertEquals(error.subject, "DanmNet b/a");
    });
  }
});

Deno.test("parseNetwork says what is wrong with something that is no object at all", () => {
  for (const value of [null, undefined, "x", 5, []]) {
    assertThrows(() => parseNetwork("ClusterNetwork", value), SchemaError, "ClusterNetwork: ");
  }
});

Deno.test("networkType compares without case", () => {
  assertEquals(["", "ipvlan", "IPVLAN", "SrIov", "flannel"].map((NetworkType) => networkType({ NetworkType })), [
    "ipvlan",
    "ipvlan",
    "ipvlan",
    "sriov",
    "flannel",
  ]);
});
