import { AGE, CONDITION_DESCRIPTIONS, CONDITION_KEYWORDS } from "./common_crd.ts";
import { ClusterNetwork, DanmNet, MAX_ROUTES, type NetworkKind, TenantNetwork } from "./network.ts";
import { networkRules } from "./network_rules.ts";
import type { CrdDefinition, FieldKeywords, PrinterColumn } from "./render_crd.ts";

const SCHEMAS = { DanmNet, TenantNetwork, ClusterNetwork };

const ROOT: Readonly<Record<NetworkKind, string>> = {
  DanmNet: "A network that the Pods of its namespace can attach to, in clusters with a single tenant.",
  TenantNetwork:
    "A network that the Pods of its namespace can attach to. Its physical attributes are filled in from the " +
    "TenantConfigs, so that tenants need not and cannot choose them.",
  ClusterNetwork: "A network that Pods of any namespace can attach to, unless AllowedTenants restricts it.",
};

/** The CustomResourceDefinition of a kind of network. */
export function networkCrd(kind: NetworkKind): CrdDefinition {
  return {
    kind,
    schema: SCHEMAS[kind],
    descriptions: { "": ROOT[kind], ...SPEC, ...OPTIONS, ...STATUS, ...CONDITION_DESCRIPTIONS },
    rules: networkRules(kind),
    keywords: { ...KEYWORDS, ...CONDITION_KEYWORDS },
    columns: COLUMNS,
    status: true,
  };
}

const SPEC: Readonly<Record<string, string>> = {
  "spec": "What the network is.",
  "spec.NetworkID": "Name of the network outside of Kubernetes: of the CNI configuration file `<NetworkID>.conf` or " +
    "`.conflist` of a static delegate, and part of the names of host links, `<NetworkID>.<vlan>` and `vx_<NetworkID>`; " +
    "then at most 10 characters. Mandatory; a TenantNetwork may get it from a TenantConfig.",
  "spec.NetworkType":
    "Who makes the interfaces, in upper or lower case: `ipvlan` is built in (the default); `macvlan` " +
    "and `sriov` are CNI plugins whose configuration is generated; anything else is the CNI plugin of that name with its " +
    "own configuration file.",
  "spec.AllowedTenants": "Namespaces whose Pods may attach; empty means all. Counts on ClusterNetworks only.",
  "spec.Options": "How interfaces of the network are made and addressed.",
};

const OPTIONS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    "host_device": "Link of the host that interfaces are made on. Exclusive of device_pool.",
    "device_pool": "Resource name of a device plugin that devices are taken from, such as `vendor.com/sriov_net`. " +
      "Exclusive of host_device, mandatory for sriov.",
    "vlan": "VLAN id of the network. Every host gets the link `<NetworkID>.<vlan>` on host_device. Exclusive of vxlan.",
    "vxlan": "VxLAN network id of the network. Every host gets the link `vx_<NetworkID>` on host_device.",
    "container_prefix": "First part of the interface's name in the Pod; its position is appended. With the naming " +
      "scheme `legacy` it is the whole name. Not set: `eth`.",
    "cidr": "IPv4 subnet of the network, at most a /9. Host bits are ignored.",
    "allocation_pool":
      "Range that dynamic IPv4 addresses are taken from. Not set: all of cidr but its first and last address.",
    "allocation_pool.start": "First address of the range.",
    "allocation_pool.end": "Last address of the range.",
    "allocation_pool.lastIp": "Written by earlier releases; ignored.",
    "routes":
      "IPv4 routes that every Pod on the network gets: destination subnet to gateway. The gateways must be in cidr " +
      "and are never allocated dynamically.",
    "net6": "IPv6 subnet of the network. Host bits are ignored.",
    "allocation_pool_v6": "Range that dynamic IPv6 addresses are taken from.",
    "allocation_pool_v6.cidr":
      "Part of net6 that addresses are taken from, at most a /105. Not set: the first subnet of net6 " +
      "that fits, so that the network has at most 2^23 addresses.",
    "allocation_pool_v6.start": "First address of the range.",
    "allocation_pool_v6.end": "Last address of the range.",
    "allocation_pool_v6.lastIp": "Written by earlier releases; ignored.",
    "routes6":
      "IPv6 routes that every Pod on the network gets: destination subnet to gateway. The gateways must be in net6.",
    "rt_tables": "Routing table of the policy routes that Pods ask for with proutes and proutes6.",
    "mtu": "MTU in bytes of the Pod's interface and of the host link. Not set: the parent's, for macvlan at most 1500.",
    "address_space": "Networks with the same value share their addresses: none is given to two Pods in any of them. " +
      "Cannot be changed. For administrators.",
    "alloc": "Bitmap of IPv4 addresses that an earlier release allocated, base64. Bits can only be cleared.",
    "alloc6": "Bitmap of IPv6 addresses that an earlier release allocated, base64. Bits can only be cleared.",
  }).map(([field, text]) => [`spec.Options.${field}`, text]),
);

const STATUS: Readonly<Record<string, string>> = {
  "status": "What the controllers found out about the network.",
  "status.observedGeneration": "Generation of the network that the status was determined from.",
  ...poolStatus("ipv4"),
  ...poolStatus("ipv6"),
};

function poolStatus(family: "ipv4" | "ipv6"): Record<string, string> {
  return {
    [`status.${family}`]: "Usage of the allocation pool of this family.",
    [`status.${family}.capacity`]: "Addresses that dynamic allocation can give.",
    [`status.${family}.allocated`]: "Addresses of the pool that are held.",
    [`status.${family}.freeCandidates`]: "Some addresses that were free, kept for pools that are almost used up.",
  };
}

const KEYWORDS: Readonly<Record<string, FieldKeywords>> = {
  "spec.AllowedTenants": { "x-kubernetes-list-type": "atomic" },
  "spec.Options.routes": { maxProperties: MAX_ROUTES },
  "spec.Options.routes6": { maxProperties: MAX_ROUTES },
  "status.ipv4.freeCandidates": { "x-kubernetes-list-type": "atomic" },
  "status.ipv6.freeCandidates": { "x-kubernetes-list-type": "atomic" },
};

const COLUMNS: readonly PrinterColumn[] = [
  { name: "Type", type: "string", jsonPath: ".spec.NetworkType", description: "Who makes the interfaces" },
  { name: "Device", type: "string", jsonPath: ".spec.Options.host_device", description: "Link of the host" },
  { name: "VLAN", type: "integer", jsonPath: ".spec.Options.vlan", description: "VLAN id" },
  { name: "VxLAN", type: "integer", jsonPath: ".spec.Options.vxlan", description: "VxLAN network id" },
  { name: "CIDR", type: "string", jsonPath: ".spec.Options.cidr", description: "IPv4 subnet" },
  { name: "Net6", type: "string", jsonPath: ".spec.Options.net6", description: "IPv6 subnet" },
  column("ID", ".spec.NetworkID", "Name of the network outside of Kubernetes"),
  column("Device-Pool", ".spec.Options.device_pool", "Resource name that devices are taken from"),
  column("Space", ".spec.Options.address_space", "Address space that is shared with other networks"),
  column("Used4", ".status.ipv4.allocated", "Held IPv4 addresses of the pool"),
  column("Used6", ".status.ipv6.allocated", "Held IPv6 addresses of the pool"),
  AGE,
];

function column(name: string, jsonPath: string, description: string): PrinterColumn {
  return { name, type: name.startsWith("Used") ? "integer" : "string", jsonPath, description, priority: 1 };
}
