import { NETWORK_KINDS, type NetworkKind } from "../../../../shared/schema/network.ts";
import { type NetworkCase, networkOf, placeOf, type Spec } from "./network_case.ts";

interface Row {
  readonly name: string;
  /** Of the network that is there. */
  readonly theirs: Spec;
  /** Of the one that comes. */
  readonly mine: Spec;
  readonly field?: string;
  readonly warns?: string;
}

const VLAN: Spec = { host_device: "ens4", vlan: 5 };
const VXLAN: Spec = { host_device: "ens4", vxlan: 5 };

const LINKS: readonly Row[] = [
  row("the same link is shared", ["net", VLAN], ["net", VLAN]),
  row("the same VxLAN link is shared", ["net", VXLAN], ["net", VXLAN]),
  row("another VLAN of the same NetworkID", ["net", VLAN], ["net", { ...VLAN, vlan: 6 }]),
  row("another NetworkID on another VLAN", ["other", VLAN], ["net", { ...VLAN, vlan: 6 }]),
  row("another NetworkID on another device", ["other", VLAN], ["net", { ...VLAN, host_device: "ens5" }]),
  row("a VLAN and a VxLAN of the same id", ["other", VLAN], ["net", VXLAN]),
  row("a VLAN and a VxLAN of the same NetworkID", ["net", VLAN], ["net", VXLAN]),
  row("networks on the device itself", ["other", { host_device: "ens4" }], ["net", { host_device: "ens4" }]),
  row("a VLAN beside the device itself", ["net", { host_device: "ens4" }], ["net", VLAN]),
  row("the same VLAN of a device pool", ["other", { device_pool: "vendor.com/a", vlan: 5 }, "sriov"], [
    "net",
    { device_pool: "vendor.com/a", vlan: 5 },
    "sriov",
  ]),
  row("a static delegate that names no device", ["other", { vlan: 5 }, "bridge"], ["net", { vlan: 5 }, "bridge"]),
  row("the same VLAN under another NetworkID", ["other", VLAN], ["net", VLAN], { field: "NetworkID" }),
  row("the same VxLAN under another NetworkID", ["other", VXLAN], ["net", VXLAN], { field: "NetworkID" }),
  row("the same link name on another device", ["net", VLAN], ["net", { ...VLAN, host_device: "ens5" }], {
    field: "Options.host_device",
  }),
  row("the same VxLAN link name with another VNI", ["net", VXLAN], ["net", { ...VXLAN, vxlan: 6 }], {
    field: "Options.vxlan",
  }),
  row("the same VxLAN link name on another device", ["net", VXLAN], ["net", { ...VXLAN, host_device: "ens5" }], {
    field: "Options.host_device",
  }),
  row("the same VLAN under another NetworkID, of a static delegate", ["other", VLAN, "bridge"], ["net", VLAN], {
    field: "NetworkID",
  }),
];

const POOL: Spec = { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.10", end: "10.0.0.99" } };
const HIGH: Spec = { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.100", end: "10.0.0.199" } };
const POOL6: Spec = { net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::/120" } };
const HIGH6: Spec = { net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::1:0/120" } };

/** Networks on one wire: addresses that both would give. */
const WIRES: readonly Row[] = [
  row("other subnets", ["net", { ...VLAN, cidr: "10.0.0.0/24" }], ["net", { ...VLAN, cidr: "10.0.1.0/24" }]),
  row("subnets of other families", ["net", { ...VLAN, cidr: "10.0.0.0/24" }], ["net", { ...VLAN, net6: "fd00::/64" }]),
  row("the same subnet on another VLAN", ["net", { ...VLAN, ...POOL }], ["net", { ...VLAN, vlan: 6, ...POOL }]),
  row("the same subnet without device", ["net", POOL], ["net", POOL]),
  row("the same pool", ["net", { ...VLAN, ...POOL }], ["net", { ...VLAN, ...POOL }], {
    field: "Options.allocation_pool",
  }),
  row("the same pool on a VxLAN", ["net", { ...VXLAN, ...POOL }], ["net", { ...VXLAN, ...POOL }], {
    field: "Options.allocation_pool",
  }),
  row(
    "pools that were filled in",
    ["net", { ...VLAN, cidr: "10.0.0.0/24" }],
    ["net", { ...VLAN, cidr: "10.0.0.0/16" }],
    {
      field: "Options.allocation_pool",
    },
  ),
  row("pools that meet in one address", ["net", { ...VLAN, ...POOL }], ["net", {
    ...VLAN,
    cidr: "10.0.0.0/24",
    allocation_pool: { start: "10.0.0.99", end: "10.0.0.120" },
  }], { field: "Options.allocation_pool" }),
  row("the same IPv6 pool", ["net", { ...VLAN, ...POOL6 }], ["net", { ...VLAN, ...POOL6 }], {
    field: "Options.allocation_pool_v6",
  }),
  row("the same pool of a device pool's VLAN", ["net", { device_pool: "vendor.com/a", vlan: 5, ...POOL }, "sriov"], [
    "net",
    { device_pool: "vendor.com/a", vlan: 5, ...POOL },
    "sriov",
  ], { field: "Options.allocation_pool" }),
  row("pools side by side", ["net", { ...VLAN, ...POOL }], ["net", { ...VLAN, ...HIGH }], {
    warns: "spec.Options.cidr overlaps",
  }),
  row("IPv6 pools side by side", ["net", { ...VLAN, ...POOL6 }], ["net", { ...VLAN, ...HIGH6 }], {
    warns: "spec.Options.net6 overlaps",
  }),
  row("the same pool on the device itself", ["net", { host_device: "ens4", ...POOL }], [
    "net",
    { host_device: "ens4", ...POOL },
  ], { warns: "spec.Options.allocation_pool overlaps" }),
  row("the same pool in the same address space", ["net", { ...VLAN, ...POOL, address_space: "wire" }], [
    "net",
    { ...VLAN, ...POOL, address_space: "wire" },
  ]),
  row("the same pool in another address space", ["net", { ...VLAN, ...POOL, address_space: "wire" }], [
    "net",
    { ...VLAN, ...POOL, address_space: "other" },
  ], { field: "Options.allocation_pool" }),
  row("the same pool in an address space of its own", ["net", { ...VLAN, ...POOL, address_space: "wire" }], [
    "net",
    { ...VLAN, ...POOL },
  ], { field: "Options.allocation_pool" }),
];

/** Networks beside each other: host links, and addresses on them. Of every kind beside every kind. */
export const LINK_CASES: readonly NetworkCase[] = [
  ...[...LINKS, ...WIRES].flatMap((of) =>
    NETWORK_KINDS.flatMap((kind) => NETWORK_KINDS.flatMap((other) => besideCases(of, kind, other)))
  ),
  ...mappedCases(),
];

function besideCases(of: Row, kind: NetworkKind, other: NetworkKind): NetworkCase[] {
  const others = [networkOf(other, of.theirs, { namespace: "kube-public" })];
  const expected = {
    ...(of.field && { denied: [{ field: `spec.${of.field}`, says: "another network" }] }),
    ...(of.warns && { warns: [of.warns] }),
  };
  const base = { NetworkID: "before", NetworkType: of.mine["NetworkType"], Options: { ...spaceOf(of.mine) } };
  return [
    { name: `beside a ${other}: ${of.name}`, kind, operation: "CREATE", spec: of.mine, others, ...expected },
    // What a TenantNetwork was assigned stays.
    ...(kind === "TenantNetwork" ? [] : [{
      name: `changed beside a ${other}: ${of.name}`,
      kind,
      operation: "UPDATE" as const,
      before: { ...base, Options: { ...base.Options, ...(isSriov(of.mine) && { device_pool: "vendor.com/b" }) } },
      spec: of.mine,
      others,
      ...expected,
    }]),
    {
      name: `as it is beside a ${other}: ${of.name}`,
      kind,
      operation: "UPDATE",
      before: of.mine,
      spec: { ...of.mine, Options: { ...of.mine["Options"] as Spec, mtu: 1400 } },
      others,
      onlyInProcess: true,
    },
  ];
}

function isSriov({ NetworkType }: Spec): boolean {
  return NetworkType === "sriov";
}

function spaceOf({ Options }: Spec): Spec {
  const { address_space } = Options as { address_space?: string };
  return address_space ? { address_space } : {};
}

/** Tenants whose NetworkID is mapped have VxLAN links that are named after the VNI. */
function mappedCases(): NetworkCase[] {
  const config = { kind: "TenantConfig", metadata: { name: "config" }, networkIds: { IPVLAN: "mapped" } } as const;
  const tenant = (vxlan: number, NetworkID = "mapped") => ({
    NetworkID,
    NetworkType: "ipvlan",
    Options: { host_device: "ens4", vxlan },
  });
  const beside = (name: string, mine: Spec, theirs: Spec, more: Partial<NetworkCase> = {}): NetworkCase => ({
    name: `mapped NetworkID: ${name}`,
    kind: "TenantNetwork",
    operation: "CREATE",
    spec: mine,
    others: [config, networkOf("TenantNetwork", theirs, { namespace: "kube-public" })],
    onlyInProcess: true,
    ...more,
  });
  return [
    beside("two tenants with VNIs of their own", tenant(700), tenant(701)),
    beside("two tenants with one VNI share a link", tenant(700), tenant(700)),
    beside("beside one that is not mapped", tenant(700), tenant(701, "own")),
    beside("a VNI that has a link of another name", tenant(700), tenant(700, "own"), {
      denied: [{ field: "spec.NetworkID", says: "under another NetworkID" }],
    }),
    beside("without mapping both links have one name", tenant(700, "own"), tenant(701, "own"), {
      denied: [{ field: "spec.Options.vxlan", says: "with another VNI" }],
    }),
    {
      ...beside("a ClusterNetwork with the id and the VNI has a link of another name", tenant(700), tenant(700)),
      kind: "ClusterNetwork",
      denied: [{ field: "spec.NetworkID", says: "under another NetworkID" }],
    },
    {
      ...beside("of another type the id is not mapped", { ...tenant(700), NetworkType: "macvlan" }, tenant(701)),
    },
    {
      name: "beside itself",
      kind: "TenantNetwork",
      operation: "CREATE",
      spec: tenant(700, "own"),
      others: [{ kind: "TenantNetwork", metadata: placeOf("TenantNetwork"), spec: tenant(701, "own") }],
      onlyInProcess: true,
    },
    {
      name: "beside one of the same name in another namespace",
      kind: "DanmNet",
      operation: "CREATE",
      spec: { NetworkID: "net", NetworkType: "ipvlan", Options: VXLAN },
      others: [
        networkOf("DanmNet", { NetworkID: "net", NetworkType: "ipvlan", Options: { ...VXLAN, vxlan: 6 } }, {
          name: "case",
          namespace: "kube-public",
        }),
      ],
      denied: [{ field: "spec.Options.vxlan" }],
    },
  ];
}

type Side = readonly [id: string, options: Spec, type?: string];

function row(name: string, theirs: Side, mine: Side, more: { field?: string; warns?: string } = {}): Row {
  const [their, my] = [theirs, mine].map(([NetworkID, Options, NetworkType = "ipvlan"]) => ({
    NetworkID,
    NetworkType,
    Options,
  }));
  return { name, theirs: their ?? {}, mine: my ?? {}, ...more };
}
