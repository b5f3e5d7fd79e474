import { device, held, type TenantCase, tenantConfig, tenantNetwork } from "./tenant_case.ts";

type Fields = Readonly<Record<string, unknown>>;
type Rest = Omit<TenantCase, "name" | "operation">;

const CONFIG = tenantConfig(
  "a",
  { hostDevices: [device("ens4", "vlan", "700-702"), device("ens5")], networkIds: { calico: "cal", macvlan: "mac" } },
  [held("ens4", "vlan", 700)],
);
const SHARED = tenantConfig(
  "a",
  {
    hostDevices: [device("ens4", "vlan", "700-702")],
    networkIds: { ipvlan: "shared", macvlan: "shared", calico: "cal" },
  },
  [held("ens4", "vlan", 700)],
);
const OPTIONS = { host_device: "ens4", vlan: 700 };
const STORED = { NetworkID: "net", NetworkType: "ipvlan", Options: OPTIONS };
const MAPPED = { ...STORED, NetworkID: "shared" };

function changed(name: string, before: Fields, spec: Fields, rest: Rest = {}): TenantCase {
  const others = rest.others ?? [CONFIG];
  return { name, operation: "UPDATE", before: tenantNetwork(before), object: tenantNetwork(spec), ...rest, others };
}

function assigned(field: "host_device" | "device_pool" | "vlan" | "vxlan", value: unknown, says: string): TenantCase {
  const Options = { ...OPTIONS, [field]: value };
  return changed(`${field} becomes ${value}`, STORED, { ...STORED, Options }, {
    denied: [{ field: `spec.Options.${field}`, says }],
  });
}

/** Requests about stored TenantNetworks. */
export const TENANT_NETWORK_CHANGES: readonly TenantCase[] = [
  assigned("host_device", "ens5", "must not change from ens4 to ens5"),
  assigned("device_pool", "vendor.com/vf", "must not change from none to vendor.com/vf"),
  assigned("vlan", 701, "must not change from 700 to 701"),
  assigned("vxlan", 5, "must not change from none to 5"),
  changed("a manifest without what was assigned", STORED, { NetworkID: "net", Options: { cidr: "10.0.0.0/24" } }, {
    becomes: { "Options.host_device": "ens4", "Options.vlan": 700, "Options.cidr": "10.0.0.0/24" },
  }),
  changed("a manifest without options", STORED, { NetworkID: "net" }, {
    becomes: { "Options.host_device": "ens4", "Options.vlan": 700 },
  }),
  changed("a manifest without NetworkID", STORED, { Options: OPTIONS }, { becomes: { NetworkID: "net" } }),
  changed("a manifest with a NetworkID that was mapped away", MAPPED, { ...STORED, NetworkID: "mine" }, {
    others: [SHARED],
    becomes: { NetworkID: "shared" },
  }),
  changed("another NetworkID where none is mapped", STORED, { ...STORED, NetworkID: "new" }, {
    becomes: { NetworkID: "new" },
  }),
  changed("a type with the same mapping", MAPPED, { ...MAPPED, NetworkType: "macvlan" }, { others: [SHARED] }),
  changed("a type with another mapping", STORED, { ...STORED, NetworkType: "macvlan" }, {
    denied: [{ field: "spec.NetworkID", says: "net is not mac, which TenantConfig a has for macvlan" }],
  }),
  changed("a type with another mapping, and its NetworkID", STORED, {
    ...STORED,
    NetworkID: "mac",
    NetworkType: "macvlan",
  }),
  changed("a type with another mapping, and its NetworkID, away from a mapped one", MAPPED, {
    ...MAPPED,
    NetworkID: "cal",
    NetworkType: "calico",
  }, { others: [SHARED], denied: [{ field: "spec.NetworkID", says: "must not change from shared" }] }),
  changed("a static type that is not mapped", STORED, { ...STORED, NetworkType: "flannel" }, {
    denied: [{ field: "spec.NetworkType", says: "flannel is not among the networkIds" }],
  }),
  changed("a static type becomes ipvlan without a device", { NetworkID: "cal", NetworkType: "calico" }, {
    NetworkID: "cal",
    NetworkType: "ipvlan",
  }, { denied: [{ field: "spec.Options.host_device", says: "is needed by NetworkType ipvlan" }] }),
  changed("a static type becomes macvlan without a device", { NetworkID: "cal", NetworkType: "calico" }, {
    NetworkID: "mac",
    NetworkType: "macvlan",
  }, { denied: [{ field: "spec.NetworkID", says: "must not change from cal" }] }),
  changed("the type in another case", STORED, { ...STORED, NetworkType: "IPVLAN" }),
  changed("another field without any TenantConfig", STORED, { ...STORED, Options: { ...OPTIONS, mtu: 1400 } }, {
    others: [],
    becomes: { "Options.mtu": 1400 },
  }),
  changed(
    "another field of a network of an earlier release, without reservation",
    {
      ...STORED,
      Options: { host_device: "eth7", vlan: 9 },
    },
    { ...STORED, Options: { host_device: "eth7", vlan: 9, mtu: 1400 } },
    { onlyInProcess: true },
  ),
  changed("a label", STORED, STORED, { others: [] }),
  {
    name: "a TenantNetwork is deleted without any TenantConfig",
    operation: "DELETE",
    before: tenantNetwork(STORED),
    others: [],
    onlyInProcess: true,
  },
];
