import { device, held, other, type TenantCase, tenantConfig, tenantNetwork } from "./tenant_case.ts";

const VLANS = tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700-702")] });
const VXLANS = tenantConfig("b", { hostDevices: [device("ens5", "vxlan", "5000-5001,16777214")] });
const PLAIN = tenantConfig("p", { hostDevices: [device("ens6")] });
const POOLS = tenantConfig("s", {
  hostDevices: [device("vendor.com/vf", "vlan", "1500-1501"), device("vendor.com/raw")],
});
const IDS = tenantConfig("i", { networkIds: { Calico: "cal", IPVLAN: "shared", sriov: "fast" } });

type Rest = Omit<TenantCase, "name" | "operation">;

function created(name: string, spec: Record<string, unknown>, rest: Rest): TenantCase {
  return { name, operation: "CREATE", object: tenantNetwork(spec), ...rest };
}

const NET = { NetworkID: "net" };

/** TenantNetworks that get something. */
const ASSIGNED: readonly TenantCase[] = [
  created("the lowest VLAN of the only device", NET, {
    others: [VLANS],
    becomes: { "NetworkID": "net", "NetworkType": "ipvlan", "Options.host_device": "ens4", "Options.vlan": 700 },
    reserved: ["a: ens4 vlan 700 default/case"],
    warns: [],
  }),
  created("a VxLAN id", { ...NET, NetworkType: "MACVLAN" }, {
    others: [VXLANS],
    becomes: { "Options.host_device": "ens5", "Options.vxlan": 5000, "Options.vlan": undefined },
    reserved: ["b: ens5 vxlan 5000 default/case"],
  }),
  created("the named device of several", { ...NET, Options: { host_device: "ens5", cidr: "10.0.0.0/24" } }, {
    others: [VLANS, VXLANS, PLAIN],
    becomes: { "Options.host_device": "ens5", "Options.vxlan": 5000, "Options.cidr": "10.0.0.0/24" },
  }),
  created("empty strings name no device", { ...NET, Options: { host_device: "", device_pool: "" } }, {
    others: [VLANS],
    becomes: { "Options.host_device": "ens4", "Options.vlan": 700 },
  }),
  created("a device without VNIs, named", { ...NET, Options: { host_device: "ens6" } }, {
    others: [VLANS, PLAIN],
    becomes: { "Options.host_device": "ens6", "Options.vlan": undefined, "Options.vxlan": undefined },
    reserved: [],
  }),
  created("a device without VNIs where there is no other", NET, {
    others: [PLAIN, POOLS],
    becomes: { "Options.host_device": "ens6", "Options.vlan": undefined },
    reserved: [],
  }),
  created("never a device without VNIs where one with VNIs is free", NET, {
    others: [tenantConfig("a", { hostDevices: [device("ens0"), device("ens4", "vlan", "700-702")] })],
    becomes: { "Options.host_device": "ens4", "Options.vlan": 700 },
  }),
  created("a pool with VNIs for sriov", { ...NET, NetworkType: "sriov", Options: { device_pool: "vendor.com/vf" } }, {
    others: [VLANS, POOLS],
    becomes: { "Options.device_pool": "vendor.com/vf", "Options.vlan": 1500, "Options.host_device": undefined },
    reserved: ["s: vendor.com/vf vlan 1500 default/case"],
  }),
  created("a pool without VNIs", { ...NET, NetworkType: "sriov", Options: { device_pool: "vendor.com/raw" } }, {
    others: [POOLS],
    becomes: { "Options.device_pool": "vendor.com/raw", "Options.vlan": undefined },
    reserved: [],
  }),
  created("a mapped NetworkID", { NetworkType: "ipvlan" }, {
    others: [VLANS, IDS],
    becomes: { "NetworkID": "shared", "Options.vlan": 700 },
  }),
  created("a mapped NetworkID instead of the one that was written", { NetworkID: "mine" }, {
    others: [VLANS, IDS],
    becomes: { NetworkID: "shared" },
    warns: ["mine is replaced by shared"],
  }),
  created("the mapping of the first TenantConfig by name", { NetworkType: "calico" }, {
    others: [tenantConfig("z", { networkIds: { calico: "last" } }), IDS],
    becomes: { "NetworkID": "cal", "Options.host_device": undefined, "Options.vlan": undefined },
    reserved: [],
  }),
  created("a static type with a device", { NetworkType: "calico", Options: { host_device: "ens4" } }, {
    others: [VLANS, IDS],
    becomes: { "NetworkID": "cal", "Options.host_device": "ens4", "Options.vlan": 700 },
    reserved: ["a: ens4 vlan 700 default/case"],
  }),
  created("a static type with a pool", { NetworkType: "calico", Options: { device_pool: "vendor.com/raw" } }, {
    others: [POOLS, IDS],
    becomes: { "NetworkID": "cal", "Options.device_pool": "vendor.com/raw" },
  }),
  created("what is right of a malformed TenantConfig", NET, {
    others: [tenantConfig("a", { hostDevices: [{ name: "" }, "ens9", device("ens4", "vlan", "9000,701")] })],
    becomes: { "Options.host_device": "ens4", "Options.vlan": 701 },
    onlyInProcess: true,
  }),
];

const SECOND = tenantConfig("b", { hostDevices: [device("ens4", "vlan", "710")] });

/** VNIs that are not free. */
const TAKEN: readonly TenantCase[] = [
  created("one is reserved for another network", NET, {
    others: [
      tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700-702")] }, [held("ens4", "vlan", 700, "x/y")]),
    ],
    becomes: { "Options.vlan": 701 },
    reserved: ["a: ens4 vlan 700 x/y", "a: ens4 vlan 701 default/case"],
  }),
  created("one is reserved in another TenantConfig", NET, {
    others: [VLANS, tenantConfig("z", { networkIds: { x: "y" } }, [held("ens4", "vlan", 700, "x/y")])],
    becomes: { "Options.vlan": 701 },
  }),
  created("one is reserved on another device", NET, {
    others: [VLANS, tenantConfig("z", { networkIds: { x: "y" } }, [held("ens5", "vlan", 700, "x/y")])],
    becomes: { "Options.vlan": 700 },
  }),
  created("one is reserved as a VxLAN id", NET, {
    others: [VLANS, tenantConfig("z", { networkIds: { x: "y" } }, [held("ens4", "vxlan", 700, "x/y")])],
    becomes: { "Options.vlan": 700 },
  }),
  ...(["DanmNet", "TenantNetwork", "ClusterNetwork"] as const).map((kind) =>
    created(`a ${kind} has one`, NET, {
      others: [VLANS, other(kind, "taker", { NetworkID: "other", Options: { host_device: "ens4", vlan: 700 } })],
      becomes: { "Options.vlan": 701 },
      onlyInProcess: kind === "TenantNetwork",
    })
  ),
  created("a network of another device has it", NET, {
    others: [VLANS, other("ClusterNetwork", "o", { NetworkID: "o", Options: { host_device: "ens5", vlan: 700 } })],
    becomes: { "Options.vlan": 700 },
  }),
  created("a network has it with the device in another case", NET, {
    others: [VLANS, other("ClusterNetwork", "o", { NetworkID: "o", Options: { host_device: "ENS4", vlan: 700 } })],
    becomes: { "Options.vlan": 700 },
  }),
  created("its link would be called like another one", { NetworkID: "o" }, {
    others: [VLANS, other("ClusterNetwork", "o", { NetworkID: "o", Options: { host_device: "ens5", vlan: 700 } })],
    becomes: { "Options.vlan": 701 },
  }),
  created("under a shared NetworkID one is in flight on another device", {}, {
    others: [VLANS, IDS, tenantConfig("z", { networkIds: { x: "y" } }, [held("ens5", "vlan", 700, "x/y")])],
    becomes: { "NetworkID": "shared", "Options.vlan": 701 },
  }),
  created("a legacy bitmap has the first", NET, {
    // Bit 700 is the fifth of the 88th byte.
    others: [tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700-702", bitmap([700]))] })],
    becomes: { "Options.vlan": 701 },
  }),
  created("a legacy bitmap has all", NET, {
    others: [tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700-702", bitmap([700, 701, 702]))] })],
    denied: [{ field: "spec.Options.host_device", says: "0 of the 3 vlan ids 700-702 are reserved" }],
    reserved: [],
  }),
  created("the first TenantConfig of the device is used up, the second is not", {
    ...NET,
    Options: { host_device: "ens4" },
  }, {
    others: [
      tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700")] }, [held("ens4", "vlan", 700, "x/y")]),
      SECOND,
    ],
    becomes: { "Options.vlan": 710 },
    reserved: ["a: ens4 vlan 700 x/y", "a: ens4 vlan 710 default/case"],
  }),
  created("the range is used up", NET, {
    others: [tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700")] }, [held("ens4", "vlan", 700, "x/y")])],
    denied: [{ field: "spec.Options.host_device", says: "1 of the 1 vlan ids 700 are reserved" }],
    reserved: ["a: ens4 vlan 700 x/y"],
  }),
  created("the range is used up, and a device without VNIs is no way out", NET, {
    others: [
      PLAIN,
      tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700")] }, [held("ens4", "vlan", 700, "x/y")]),
    ],
    denied: [{ field: "spec.Options.host_device", says: "ens4 has no free VNI" }],
  }),
  created("of a device without VNIs in one TenantConfig the other's count", {
    ...NET,
    Options: { host_device: "ens4" },
  }, {
    others: [tenantConfig("0", { hostDevices: [device("ens4")] }), VLANS],
    becomes: { "Options.vlan": 700 },
    reserved: ["0: ens4 vlan 700 default/case"],
  }),
  created("the status is as long as etcd takes it", NET, {
    others: [
      tenantConfig(
        "a",
        { hostDevices: [device("ens4", "vxlan", "1-20000")] },
        Array.from({ length: 6000 }, (_, index) => held("ens4", "vxlan", index + 1, `x/${"y".repeat(200)}`)),
      ),
    ],
    denied: [{ field: "spec.Options.host_device", says: "has 6000 reservations, as many as fit" }],
    onlyInProcess: true,
  }),
  created("the status is full", NET, {
    others: [
      tenantConfig(
        "a",
        { hostDevices: [device("ens4", "vxlan", "1-20000")] },
        Array.from({ length: 16384 }, (_, index) => held("ens4", "vxlan", index + 1, "x/y")),
      ),
    ],
    denied: [{ field: "spec.Options.host_device", says: "has 16384 reservations, as many as fit" }],
    onlyInProcess: true,
  }),
];

/** Reservations that the network has already. */
const AGAIN: readonly TenantCase[] = [
  created("its own reservation is used again", NET, {
    others: [tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700-702")] }, [held("ens4", "vlan", 702)])],
    becomes: { "Options.vlan": 702 },
    reserved: ["a: ens4 vlan 702 default/case"],
    warns: [],
  }),
  created("its own reservation decides the device", NET, {
    others: [
      VXLANS,
      tenantConfig("c", { hostDevices: [device("ens4", "vlan", "700-702")] }, [held("ens4", "vlan", 701)]),
    ],
    becomes: { "Options.host_device": "ens4", "Options.vlan": 701 },
  }),
  created("its own reservation in a later TenantConfig counts", NET, {
    others: [VLANS, tenantConfig("z", { networkIds: { x: "y" } }, [held("ens4", "vlan", 702)])],
    becomes: { "Options.vlan": 702 },
    reserved: ["z: ens4 vlan 702 default/case"],
  }),
  created("its own reservation is on another device than the one it names now", {
    ...NET,
    Options: { host_device: "ens5" },
  }, {
    others: [
      VXLANS,
      tenantConfig("c", { hostDevices: [device("ens4", "vlan", "700-702")] }, [held("ens4", "vlan", 701)]),
    ],
    becomes: { "Options.host_device": "ens5", "Options.vxlan": 5000 },
    reserved: ["b: ens5 vxlan 5000 default/case", "c: ens4 vlan 701 default/case"],
    warns: ["vlan 701 on ens4 stays reserved"],
  }),
  created("its own reservation is outside of the range", NET, {
    others: [tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700-702")] }, [held("ens4", "vlan", 800)])],
    becomes: { "Options.vlan": 700 },
    warns: ["vlan 800 on ens4 stays reserved"],
    onlyInProcess: true,
  }),
  created("its own reservation is another's, too", NET, {
    others: [
      tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700-702")] }, [held("ens4", "vlan", 700)]),
      tenantConfig("z", { networkIds: { x: "y" } }, [held("ens4", "vlan", 700, "x/y")]),
    ],
    becomes: { "Options.vlan": 701 },
  }),
  created("the reservation of a network whose name begins alike is not its own", NET, {
    others: [
      tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700-702")] }, [
        held("ens4", "vlan", 700, "default/case2"),
      ]),
    ],
    becomes: { "Options.vlan": 701 },
  }),
  created("a VNI that is its own reservation may be there: reinvocation", {
    ...NET,
    Options: { host_device: "ens4", vlan: 701 },
  }, {
    others: [tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700-702")] }, [held("ens4", "vlan", 701)])],
    becomes: { "Options.vlan": 701 },
    reserved: ["a: ens4 vlan 701 default/case"],
  }),
];

/** TenantNetworks that get nothing. */
const DENIED: readonly TenantCase[] = [
  created("there is no TenantConfig", NET, { denied: [{ field: "", says: "needs a TenantConfig" }] }),
  created("there is no TenantConfig for a static type", { NetworkID: "x", NetworkType: "calico" }, {
    denied: [{ field: "", says: "needs a TenantConfig" }],
  }),
  created("a device that is not listed", { ...NET, Options: { host_device: "eth9" } }, {
    others: [VLANS, PLAIN, POOLS],
    denied: [{
      field: "spec.Options.host_device",
      says: "eth9 is not among the hostDevices of the TenantConfigs, which are: ens4, ens6",
    }],
    reserved: [],
  }),
  created("a device in another case", { ...NET, Options: { host_device: "ENS4" } }, {
    others: [VLANS],
    denied: [{ field: "spec.Options.host_device", says: "ENS4 is not among" }],
  }),
  created("a pool that is not listed", { ...NET, NetworkType: "sriov", Options: { device_pool: "vendor.com/no" } }, {
    others: [VLANS, POOLS],
    denied: [{ field: "spec.Options.device_pool", says: "which are: vendor.com/vf, vendor.com/raw" }],
  }),
  created("a pool that is a link", { ...NET, NetworkType: "sriov", Options: { device_pool: "ens4" } }, {
    others: [VLANS],
    denied: [{ field: "spec.Options.device_pool", says: "which are: none" }],
  }),
  created("sriov without pool", { ...NET, NetworkType: "sriov" }, {
    others: [VLANS, POOLS],
    denied: [{ field: "spec.Options.device_pool", says: "tenants may use: vendor.com/vf, vendor.com/raw" }],
  }),
  created("sriov with a link", { ...NET, NetworkType: "SRIOV", Options: { host_device: "ens4" } }, {
    others: [VLANS, POOLS],
    denied: [{ field: "spec.Options.device_pool", says: "needed by NetworkType sriov" }],
  }),
  created("a link and a pool", { ...NET, Options: { host_device: "ens4", device_pool: "vendor.com/vf" } }, {
    others: [VLANS, POOLS],
    denied: [{ field: "spec.Options.device_pool", says: "must not be set together" }],
    reserved: [],
  }),
  created("no link is for tenants", NET, {
    others: [POOLS],
    denied: [{ field: "spec.Options.host_device", says: "device_pool may be one of: vendor.com/vf" }],
  }),
  created("nothing is for tenants but a NetworkID", NET, {
    others: [IDS],
    denied: [{ field: "spec.Options.host_device", says: "one of: none" }],
  }),
  created("a VLAN of the user's", { ...NET, Options: { host_device: "ens4", vlan: 701 } }, {
    others: [VLANS],
    denied: [{ field: "spec.Options.vlan", says: "701 must not be given" }],
    reserved: [],
  }),
  created("a VxLAN id of the user's", { ...NET, Options: { vxlan: 5000 } }, {
    others: [VXLANS],
    denied: [{ field: "spec.Options.vxlan", says: "5000 must not be given" }],
    reserved: [],
  }),
  created("both of the user's", { ...NET, Options: { vlan: 700, vxlan: 5000 } }, {
    others: [VLANS],
    denied: [{ field: "spec.Options.vlan", says: "700" }, { field: "spec.Options.vxlan", says: "5000" }],
    reserved: [],
  }),
  created("a VLAN of the user's on a device without VNIs", { ...NET, Options: { host_device: "ens6", vlan: 5 } }, {
    others: [PLAIN],
    denied: [{ field: "spec.Options.vlan", says: "5 must not be given" }],
  }),
  created("a VLAN of the user's with a static type", { NetworkType: "calico", Options: { vlan: 5 } }, {
    others: [IDS],
    denied: [{ field: "spec.Options.vlan", says: "5 must not be given" }],
  }),
  created("a VLAN that is reserved for somebody else", { ...NET, Options: { host_device: "ens4", vlan: 700 } }, {
    others: [
      tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700-702")] }, [held("ens4", "vlan", 700, "x/y")]),
    ],
    denied: [{ field: "spec.Options.vlan", says: "700 must not be given" }],
  }),
  created("a static type that is not mapped", { NetworkID: "x", NetworkType: "flannel" }, {
    others: [IDS],
    denied: [{
      field: "spec.NetworkType",
      says: "flannel is not among the networkIds of the TenantConfigs, which are: calico, ipvlan, sriov",
    }],
  }),
  created("no NetworkID and no mapping", {}, {
    others: [VLANS],
    denied: [{ field: "spec.NetworkID", says: "must be set" }],
    reserved: [],
  }),
  created("a NetworkID too long for the link that it gets", { NetworkID: "a1234567890" }, {
    others: [VLANS],
    denied: [{ field: "spec.NetworkID", says: "10" }],
    reserved: [],
  }),
  created("what is wrong with the network is said before anything is reserved", {
    ...NET,
    Options: { cidr: "10.0.0.0/8" },
  }, {
    others: [VLANS],
    denied: [{ field: "spec.Options.cidr", says: "" }],
    reserved: [],
  }),
  created("a VxLAN link that would be called like another's", { NetworkID: "o" }, {
    others: [VXLANS, other("ClusterNetwork", "o", { NetworkID: "o", Options: { host_device: "eth1", vxlan: 9 } })],
    denied: [{ field: "spec.Options.host_device", says: "vx_o" }],
    reserved: [],
  }),
  {
    name: "a name that is to be made up",
    operation: "CREATE",
    object: { kind: "TenantNetwork", metadata: { namespace: "default", name: "", generateName: "case-" }, spec: NET },
    others: [VLANS],
    denied: [{ field: "metadata.generateName", says: "needs metadata.name" }],
    reserved: [],
  },
];

const DRY: readonly TenantCase[] = [
  created("a dry run shows what there would be, and reserves nothing", NET, {
    others: [VLANS],
    dryRun: true,
    becomes: { "Options.host_device": "ens4", "Options.vlan": 700 },
    reserved: [],
  }),
  created("a dry run is asked again with what it was given", { ...NET, Options: { host_device: "ens4", vlan: 700 } }, {
    others: [VLANS],
    dryRun: true,
    becomes: { "Options.vlan": 700 },
    reserved: [],
  }),
  created("a dry run denies a VLAN of the user's", { ...NET, Options: { host_device: "ens4", vlan: 702 } }, {
    others: [VLANS],
    dryRun: true,
    denied: [{ field: "spec.Options.vlan", says: "702 must not be given" }],
  }),
];

/** Requests about creations. */
export const TENANT_NETWORK_CREATIONS: readonly TenantCase[] = [...ASSIGNED, ...TAKEN, ...AGAIN, ...DENIED, ...DRY];

/** Base64 of a legacy bitmap with these bits. */
function bitmap(bits: readonly number[]): string {
  const bytes = new Uint8Array(Math.floor(Math.max(...bits) / 8) + 1);
  for (const bit of bits) {
    const index = Math.floor(bit / 8);
    bytes[index] = (bytes[index] ?? 0) | (128 >> (bit % 8));
  }
  return btoa(String.fromCharCode(...bytes));
}
