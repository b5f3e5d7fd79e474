import { device, held, other, type TenantCase, tenantConfig } from "./tenant_case.ts";

type Fields = Readonly<Record<string, unknown>>;
type Rest = Omit<TenantCase, "name" | "operation" | "object" | "before">;
type Expected = { readonly field: string; readonly says: string };

function created(name: string, says: Fields, denied?: readonly Expected[], rest: Rest = {}): TenantCase {
  return { name, operation: "CREATE", object: tenantConfig("a", says), ...(denied && { denied }), ...rest };
}

const RANGE = "hostDevices[0].vniRange";

function range(vniType: "vlan" | "vxlan", vniRange: string, says?: string): TenantCase {
  const denied = says === undefined ? undefined : [{ field: RANGE, says }];
  return created(`${vniType} ${vniRange}`, { hostDevices: [device("ens4", vniType, vniRange)] }, denied);
}

/** What one object says. */
const ALONE: readonly TenantCase[] = [
  created("only networkIds", { networkIds: { calico: "cal" } }),
  created("only devices", { hostDevices: [device("ens4"), device("vendor.com/vf")] }),
  created("nothing", {}, [{ field: "", says: "at least one of hostDevices and networkIds" }]),
  created("empty lists", { hostDevices: [], networkIds: {} }, [{ field: "", says: "at least one of" }]),
  range("vlan", "700-710,900"),
  range("vlan", "1-4094"),
  range("vxlan", "16777214"),
  range("vlan", "710-700", "710-700 ends before it starts"),
  range("vlan", "0-5", "0-5 is not inside 1-4094"),
  range("vlan", "4000-4095", "4000-4095 is not inside 1-4094"),
  range("vxlan", "16777215", "16777215 is not inside 1-16777214"),
  range("vlan", "1-10,10-20", "1-10 and 10-20 overlap"),
  range("vxlan", "5,5", "5 and 5 overlap"),
  range("vlan", "1,,2", ""),
  range("vlan", "1-2-3", ""),
  created("a type without range", { hostDevices: [{ name: "ens4", vniType: "vlan" }] }, [
    { field: RANGE, says: "together" },
  ]),
  created("a range without type", { hostDevices: [{ name: "ens4", vniRange: "5" }] }, [
    { field: "hostDevices[0].vniType", says: "must be vlan or vxlan" },
  ]),
  created("empty strings for no VNIs", { hostDevices: [{ name: "ens4", vniType: "", vniRange: "" }] }),
  created("an unknown type", { hostDevices: [{ name: "ens4", vniType: "gre", vniRange: "5" }] }, [
    { field: "hostDevices[0].vniType", says: "" },
  ]),
  created("a device without name", { hostDevices: [{ name: "" }] }, [{ field: "hostDevices[0].name", says: "" }]),
  created(
    "a device twice",
    { hostDevices: [device("ens4", "vlan", "1"), device("ens5"), device("ens4", "vlan", "2")] },
    [
      { field: "hostDevices[2].name", says: "ens4 is in the list already" },
    ],
  ),
  created("a device twice, in another case", {
    hostDevices: [device("ens4", "vlan", "1"), device("ENS4", "vlan", "1")],
  }),
  created("an empty key", { networkIds: { "": "x" } }, [{ field: "networkIds[]", says: "no NetworkType" }]),
  created("a key with a slash", { networkIds: { "a/b": "x" } }, [{ field: "networkIds[a/b]", says: "no NetworkType" }]),
  created("an empty value", { networkIds: { calico: "" } }, [{ field: "networkIds.calico", says: "no NetworkID" }]),
  created("a value that leaves its directory", { networkIds: { calico: "../x" } }, [
    { field: "networkIds.calico", says: "no NetworkID" },
  ]),
  created("a NetworkID of ten characters for ipvlan", { networkIds: { ipvlan: "a234567890" } }),
  created("a NetworkID of eleven characters for ipvlan", { networkIds: { IpVlan: "a2345678901" } }, [
    { field: "networkIds.IpVlan", says: "longer than 10 characters" },
  ]),
  created("a NetworkID of eleven characters for another plugin", { networkIds: { calico: "a2345678901" } }),
  created("a type twice, in two cases", { networkIds: { Calico: "x", calico: "y" } }, [
    { field: "networkIds.calico", says: "is the NetworkType of Calico again" },
  ]),
];

const OTHER = tenantConfig("other", { hostDevices: [device("ens4", "vlan", "700-710,900"), device("ens5")] });

function beside(
  name: string,
  vniType: "vlan" | "vxlan",
  vniRange: string,
  at: { device?: string; says?: string },
): TenantCase {
  const denied = at.says === undefined ? undefined : [{ field: RANGE, says: at.says }];
  return created(name, { hostDevices: [device(at.device ?? "ens4", vniType, vniRange)] }, denied, { others: [OTHER] });
}

/** What two of them say together. */
const TOGETHER: readonly TenantCase[] = [
  beside("other VNIs of the same device", "vlan", "711-720", {}),
  beside("VNIs of the same device twice", "vlan", "1-5,705-720", { says: "705-710 of ens4 is in TenantConfig other" }),
  beside("one VNI of the same device twice", "vlan", "900", { says: "900 of ens4 is in TenantConfig other" }),
  beside("the same VNIs of another device", "vlan", "700-710", { device: "ens6" }),
  beside("the same numbers as ids of another type", "vxlan", "700-710", {}),
  beside("VNIs of a device that has none elsewhere", "vlan", "700-710", { device: "ens5" }),
];

const DEVICES = { hostDevices: [device("ens4", "vlan", "700-702"), device("ens5")], networkIds: { calico: "cal" } };
const USERS = [
  other("TenantNetwork", "vlan", { NetworkID: "v", Options: { host_device: "ens4", vlan: 701 } }),
  other("TenantNetwork", "plain", { NetworkID: "p", Options: { host_device: "ens5" } }),
  other("TenantNetwork", "static", { NetworkID: "cal", NetworkType: "calico" }),
];
const HELD = [held("ens4", "vlan", 701, "kube-public/vlan")];

function changed(name: string, says: Fields, denied?: readonly Expected[], rest: Rest = {}): TenantCase {
  return {
    name,
    operation: "UPDATE",
    before: tenantConfig("a", DEVICES, HELD),
    object: tenantConfig("a", says, HELD),
    others: USERS,
    ...(denied && { denied }),
    ...rest,
  };
}

const [VLAN, RAW] = DEVICES.hostDevices as [Fields, Fields];

/** What is in use. */
const IN_USE: readonly TenantCase[] = [
  changed("nothing", DEVICES),
  changed("more of everything", {
    hostDevices: [device("ens7", "vxlan", "5"), RAW, device("ens4", "vlan", "600,700-800")],
    networkIds: { calico: "cal", flannel: "fl" },
  }),
  changed("a range that still has what is used", { ...DEVICES, hostDevices: [device("ens4", "vlan", "701"), RAW] }),
  changed("a range without what is used", { ...DEVICES, hostDevices: [device("ens4", "vlan", "700,702"), RAW] }, [
    { field: "hostDevices", says: "ens4 must keep vlan 701 of kube-public/vlan" },
  ]),
  changed("ids of another type", { ...DEVICES, hostDevices: [device("ens4", "vxlan", "700-702"), RAW] }, [
    { field: "hostDevices", says: "ens4 must keep vlan 701" },
  ]),
  changed("no VNIs any more", { ...DEVICES, hostDevices: [device("ens4"), RAW] }, [
    { field: "hostDevices", says: "ens4 must keep vlan 701" },
  ]),
  changed("a device with VNIs is removed", { ...DEVICES, hostDevices: [RAW] }, [
    { field: "hostDevices", says: "ens4 is used by kube-public/vlan" },
    { field: "hostDevices", says: "ens4 must keep vlan 701 of kube-public/vlan" },
  ]),
  changed("a device without VNIs is removed", { ...DEVICES, hostDevices: [VLAN] }, [
    { field: "hostDevices", says: "ens5 is used by kube-public/plain" },
  ]),
  changed("all devices are removed", { networkIds: DEVICES.networkIds }, [
    { field: "hostDevices", says: "ens5 is used by kube-public/plain" },
    { field: "hostDevices", says: "ens4 is used by kube-public/vlan" },
  ]),
  changed("a device with VNIs is removed that nobody has", { ...DEVICES, hostDevices: [RAW] }, undefined, {
    others: USERS.slice(1),
    onlyInProcess: true,
    denied: [{ field: "hostDevices", says: "ens4 must keep vlan 701" }],
  }),
  changed("a device that another TenantConfig lists, too, is removed", { ...DEVICES, hostDevices: [VLAN] }, undefined, {
    others: [...USERS, tenantConfig("z", { hostDevices: [RAW] })],
  }),
  changed("a mapping is removed", { hostDevices: DEVICES.hostDevices }, [
    { field: "networkIds.calico", says: "cal must not be removed: it is used by kube-public/static" },
  ]),
  changed("a mapping is changed", { ...DEVICES, networkIds: { calico: "new" } }, [
    { field: "networkIds.calico", says: "cal must not become new: it is used by kube-public/static" },
  ]),
  changed("a mapping's key in another case", { ...DEVICES, networkIds: { CALICO: "cal" } }),
  changed("a mapping that nobody uses is removed", { hostDevices: DEVICES.hostDevices }, undefined, {
    others: USERS.slice(0, 2),
  }),
  changed("a mapping that another TenantConfig has, too, is removed", { hostDevices: DEVICES.hostDevices }, undefined, {
    others: [...USERS, tenantConfig("z", { networkIds: { calico: "cal" } })],
  }),
  changed("a mapping that another TenantConfig has otherwise is removed", { hostDevices: DEVICES.hostDevices }, [
    { field: "networkIds.calico", says: "cal must not become other" },
  ], { others: [...USERS, tenantConfig("z", { networkIds: { calico: "other" } })] }),
  {
    name: "networks of other kinds use nothing of it",
    operation: "UPDATE",
    before: tenantConfig("a", DEVICES),
    object: tenantConfig("a", { networkIds: { x: "y" } }),
    others: [
      other("ClusterNetwork", "c", { NetworkID: "cal", NetworkType: "calico", Options: { host_device: "ens5" } }),
      other("DanmNet", "d", { NetworkID: "d", Options: { host_device: "ens4", vlan: 702 } }),
    ],
  },
  created("one that comes first by name maps otherwise", { networkIds: { calico: "other" } }, [
    { field: "networkIds.calico", says: "cal must not become other" },
  ], { others: [tenantConfig("z", DEVICES), ...USERS] }),
  created(
    "one that comes first by name lists the same device",
    { hostDevices: [device("ens4", "vlan", "800")] },
    undefined,
    {
      others: [tenantConfig("z", DEVICES, HELD), ...USERS],
      reserved: ["z: ens4 vlan 701 kube-public/vlan"],
    },
  ),
  {
    name: "deletion of one that nobody needs",
    operation: "DELETE",
    before: tenantConfig("a", DEVICES),
    others: [],
  },
  {
    name: "deletion with everything in use",
    operation: "DELETE",
    before: tenantConfig("a", DEVICES, HELD),
    others: USERS,
    denied: [
      { field: "status.reservations", says: "VNIs are reserved for kube-public/vlan" },
      { field: "hostDevices", says: "ens5 is used by kube-public/plain" },
      { field: "networkIds.calico", says: "it is used by kube-public/static" },
    ],
  },
  {
    name: "deletion with a reservation of a network that is gone",
    operation: "DELETE",
    before: tenantConfig("a", DEVICES, [held("ens4", "vlan", 700, "x/y")]),
    others: [],
    denied: [{ field: "status.reservations", says: "x/y (gone, or not created yet)" }],
  },
  {
    name: "many users are counted",
    operation: "DELETE",
    before: tenantConfig("a", { hostDevices: [device("ens5")] }),
    others: ["a", "b", "c", "d", "e"].map((name) =>
      other("TenantNetwork", name, { NetworkID: "p", Options: { host_device: "ens5" } })
    ),
    denied: [{ field: "hostDevices", says: "kube-public/a, kube-public/b, kube-public/c and 2 more" }],
    onlyInProcess: true,
  },
];

const BROKEN = { hostDevices: [device("ens4", "vlan", "1-10,5"), device("ens4", "vlan", "20")] };

/** Stored objects that no rule would let in stay editable. */
const STORED_BROKEN: readonly TenantCase[] = [
  {
    name: "a broken one gets another device",
    operation: "UPDATE",
    before: tenantConfig("a", BROKEN),
    object: tenantConfig("a", { hostDevices: [device("ens9"), ...BROKEN.hostDevices] }),
    others: [],
    onlyInProcess: true,
  },
  {
    name: "a broken one is broken in one more place",
    operation: "UPDATE",
    before: tenantConfig("a", BROKEN),
    object: tenantConfig("a", { hostDevices: [...BROKEN.hostDevices, device("ens9", "vlan", "9-8")] }),
    others: [],
    denied: [{ field: "hostDevices[2].vniRange", says: "9-8 ends before it starts" }],
    onlyInProcess: true,
  },
  {
    name: "an overlap that is stored stays",
    operation: "UPDATE",
    before: tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700")] }),
    object: tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700"), device("ens6")] }),
    others: [OTHER],
    onlyInProcess: true,
  },
  {
    name: "a finalizer goes",
    operation: "UPDATE",
    before: tenantConfig("a", {}),
    object: tenantConfig("a", {}),
    others: [],
    onlyInProcess: true,
  },
];

/** Requests about TenantConfigs. */
export const TENANT_CONFIG_CASES: readonly TenantCase[] = [...ALONE, ...TOGETHER, ...IN_USE, ...STORED_BROKEN];
