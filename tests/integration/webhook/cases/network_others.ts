import type { NetworkKind } from "../../../../shared/schema/network.ts";
import { endpointOf, forEachKind, MIGRATION, type NetworkCase, networkOf, type Spec } from "./network_case.ts";

const BASE: Spec = { NetworkID: "net", NetworkType: "bridge" };

/** AllowedTenants before and after, the namespaces of attached Pods, and which of them the warning names. */
const TENANTS:
  readonly (readonly [name: string, before: string[], after: string[], pods: string[], warned?: string])[] = [
    [
      "everyone, then some",
      [],
      ["default"],
      ["default", "kube-public"],
      "1 other namespaces stay attached: kube-public",
    ],
    ["everyone, then those who are attached", [], ["default", "kube-public"], ["default", "kube-public"]],
    ["one is taken out", ["default", "kube-public"], ["default"], ["kube-public"], "kube-public"],
    ["one is taken out that has no Pods", ["default", "kube-public"], ["default"], ["default"]],
    ["one is added", ["default"], ["default", "kube-public"], ["default"]],
    ["some, then everyone", ["default"], [], ["default"]],
    ["in another order", ["default", "kube-public"], ["kube-public", "default"], ["default"]],
    ["all are replaced", ["default"], ["kube-public"], ["default"], "stay attached: default"],
    ["nobody is attached", [], ["default"], []],
  ];

/** What a network's author is warned of: `spec`, and what is said. */
const WARNED: readonly (readonly [name: string, spec: Spec, warns: readonly string[]])[] = [
  ["ipvlan without device", { NetworkType: "ipvlan" }, ["host_device is not set: no Pod can attach, ipvlan needs it"]],
  ["ipvlan with VLAN, without device", { NetworkType: "ipvlan", Options: { vlan: 5 } }, ["vlan needs it"]],
  ["macvlan without device", { NetworkType: "macvlan" }, []],
  ["macvlan with VxLAN, without device", { NetworkType: "macvlan", Options: { vxlan: 5 } }, ["vxlan needs it"]],
  ["another plugin with VLAN, without device", { Options: { vlan: 5 } }, ["vlan has no effect without host_device"]],
  ["another plugin alone", {}, []],
  ["sriov", { NetworkType: "sriov", Options: { device_pool: "vendor.com/a", vlan: 5 } }, []],
  ["sriov with VxLAN", { NetworkType: "sriov", Options: { device_pool: "vendor.com/a", vxlan: 5 } }, [
    "virtual functions have VLANs only",
  ]],
  ["ipvlan with device pool", { NetworkType: "ipvlan", Options: { device_pool: "vendor.com/a" } }, [
    "ipvlan needs host_device",
  ]],
  ["another plugin with device pool", { Options: { device_pool: "vendor.com/a" } }, []],
  ["lastIp", { Options: { cidr: "10.0.0.0/24", allocation_pool: { lastIp: "10.0.0.7/24" } } }, [
    "allocation_pool.lastIp is of earlier releases",
  ]],
  ["lastIp of IPv6", { Options: { net6: "fd00::/64", allocation_pool_v6: { lastIp: "fd00::7/64" } } }, [
    "allocation_pool_v6.lastIp is of earlier releases",
  ]],
  ["an empty lastIp", { Options: { cidr: "10.0.0.0/24", allocation_pool: { lastIp: "" } } }, []],
];

/** Networks with more than one mistake: all are said. */
const MANY: readonly (readonly [name: string, spec: Spec, fields: readonly string[]])[] = [
  ["of every family", {
    Options: {
      cidr: "10.0.0.0/8",
      net6: "fe80::/64",
      routes: { "10.9.0.0/16": "10.0.0.1" },
      rt_tables: 254,
      host_device: "ens4",
      device_pool: "vendor.com/a",
      vlan: 5,
      vxlan: 5,
    },
  }, ["cidr", "net6", "rt_tables", "device_pool", "vxlan"]],
  ["of one subnet", {
    Options: {
      cidr: "10.0.0.0/24",
      allocation_pool: { start: "10.0.1.1", end: "10.0.2.1" },
      routes: { "10.9.0.0/16": "10.7.0.1", "10.8.0.0/16": "10.0.0.1", "nowhere": "10.0.0.1" },
    },
  }, ["allocation_pool.start", "allocation_pool.end", "routes[10.9.0.0/16]", "routes[nowhere]"]],
  ["of one IPv6 subnet", {
    Options: {
      net6: "2001:db8::/64",
      allocation_pool_v6: { cidr: "2001:db8::/120", start: "2001:db8::1:0", end: "2001:db8::2:0" },
      routes6: { "::/0": "fd00::1" },
    },
  }, ["allocation_pool_v6.start", "allocation_pool_v6.end", "routes6[::/0]"]],
  ["in single fields", {
    Options: { vlan: 4095, mtu: 1, host_device: "a/b", container_prefix: "x".repeat(16), alloc: "*" },
  }, ["vlan", "mtu", "host_device", "container_prefix", "alloc"]],
];

/** Bodies that are no network; nobody may stumble over them. */
const SHAPELESS: readonly (readonly [name: string, spec: Spec, field: string])[] = [
  ["Options as a text", { Options: "none" }, "spec.Options"],
  ["Options as a list", { Options: [] }, "spec.Options"],
  [
    "a pool as a text",
    { Options: { cidr: "10.0.0.0/24", allocation_pool: "10.0.0.1" } },
    "spec.Options.allocation_pool",
  ],
  ["a pool as a number", { Options: { allocation_pool_v6: 6 } }, "spec.Options.allocation_pool_v6"],
  ["routes as a list", { Options: { cidr: "10.0.0.0/24", routes: ["10.0.0.1"] } }, "spec.Options.routes"],
  ["a gateway as a number", { Options: { cidr: "10.0.0.0/24", routes: { "10.9.0.0/16": 1 } } }, "spec.Options.routes"],
  ["a type as a number", { NetworkType: 5 }, "spec.NetworkType"],
  ["a NetworkID as an object", { NetworkID: {} }, "spec.NetworkID"],
  ["AllowedTenants as a text", { AllowedTenants: "default" }, "spec.AllowedTenants"],
  ["half a VLAN", { Options: { vlan: 1.5 } }, "spec.Options.vlan"],
];

/** What the other tables have no place for. */
export const OTHER_NETWORK_CASES: readonly NetworkCase[] = [
  ...TENANTS.map(([name, before, after, pods, warned]): NetworkCase => ({
    name: `AllowedTenants: ${name}`,
    kind: "ClusterNetwork",
    operation: "UPDATE",
    before: { ...BASE, AllowedTenants: before },
    spec: { ...BASE, AllowedTenants: after },
    others: pods.map((namespace) => endpointOf("ClusterNetwork", "web", { namespace })),
    warns: warned === undefined ? [] : [warned],
  })),
  ...WARNED.flatMap(([name, spec, warns]) => [
    ...created(`warned of: ${name}`, spec, { warns }),
    ...forEachKind(() => ({
      name: `stored, not warned of again: ${name}`,
      operation: "UPDATE",
      before: { ...BASE, ...spec },
      spec: { ...BASE, ...spec, Options: { ...spec["Options"] as Spec, mtu: 1400 } },
      warns: [],
      onlyInProcess: true,
    })),
  ]),
  ...MANY.flatMap(([name, spec, fields]) =>
    created(`several mistakes ${name}`, spec, {
      denied: fields.map((field) => ({ field: `spec.Options.${field}` })),
      onlyInProcess: true,
    })
  ),
  ...SHAPELESS.flatMap(([name, spec, field]) => created(name, spec, { denied: [{ field }], alsoCrd: true })),
  ...addressSpaces(),
  ...copied(),
];

function created(name: string, spec: Spec, more: Partial<NetworkCase>): NetworkCase[] {
  return forEachKind(() => ({ name, operation: "CREATE", spec: { ...BASE, ...spec }, ...more }));
}

function addressSpaces(): NetworkCase[] {
  const spec = (address_space?: string): Spec => ({
    ...BASE,
    Options: address_space === undefined ? {} : { address_space },
  });
  const denied = [{ field: "spec.Options.address_space", says: "must not change from" }];
  const changed = (name: string, before: Spec, after: Spec, more: Partial<NetworkCase> = {}): NetworkCase[] =>
    forEachKind(() => ({ name: `address_space ${name}`, operation: "UPDATE", before, spec: after, ...more }));
  return [
    ...changed("stays", spec("one"), spec("one")),
    ...changed("becomes another", spec("one"), spec("two"), { denied, alsoCrd: true }),
    ...changed("is taken away", spec("one"), spec(), { denied, alsoCrd: true }),
    ...changed("is emptied", spec("one"), spec(""), { denied, alsoCrd: true }),
    ...changed("comes later", spec(), spec("one"), { denied, alsoCrd: true }),
    ...changed("was empty and goes", spec(""), spec()),
  ];
}

/** The migration copies what collides, too, and is told so. */
function copied(): NetworkCase[] {
  const spec = {
    NetworkID: "net",
    NetworkType: "ipvlan",
    Options: { host_device: "ens4", vlan: 5, cidr: "10.0.0.0/24" },
  };
  const beside = (kind: NetworkKind, theirs: Spec): NetworkCase["others"] => [
    networkOf(kind, { ...spec, ...theirs }, { namespace: "kube-public" }),
  ];
  return forEachKind((kind) => ({
    name: "the migration copies a network that collides with another one",
    operation: "CREATE",
    user: MIGRATION,
    spec,
    others: beside(kind, { NetworkID: "other" }) ?? [],
    warns: ["spec.NetworkID: net: another network has vlan 5", "spec.Options.allocation_pool: overlaps"],
  }));
}
