import type { Kind } from "../../../shared/schema/resources.ts";
import type { CrdCase } from "./case.ts";

type Fields = Readonly<Record<string, unknown>>;

function accepted(name: string, kind: Kind, object: Fields): CrdCase {
  return { name, kind, object };
}

function denied(
  name: string,
  kind: Kind,
  object: Fields,
  expected: readonly [field: string, message: string],
): CrdCase {
  return { name, kind, object, denied: { field: expected[0], message: expected[1] } };
}

function device(fields: Fields): Fields {
  return { hostDevices: [{ name: "ens4", ...fields }] };
}

const TENANT_CONFIGS: readonly CrdCase[] = [
  accepted("only networkIds", "TenantConfig", { networkIds: { calico: "calico" } }),
  accepted("a range of one", "TenantConfig", device({ vniType: "vxlan", vniRange: "16777214" })),
  denied("nothing at all", "TenantConfig", {}, ["", "at least one of hostDevices and networkIds"]),
  denied("empty lists", "TenantConfig", { hostDevices: [], networkIds: {} }, ["", "at least one of"]),
  denied("a type without range", "TenantConfig", device({ vniType: "vlan" }), ["hostDevices[0].vniRange", "together"]),
  denied("a range without type", "TenantConfig", device({ vniRange: "1-5" }), ["hostDevices[0].vniRange", "together"]),
  denied("an unknown type", "TenantConfig", device({ vniType: "gre", vniRange: "1-5" }), [
    "hostDevices[0].vniType",
    "gre",
  ]),
  denied("a range that is none", "TenantConfig", device({ vniType: "vlan", vniRange: "1-5," }), [
    "hostDevices[0].vniRange",
    "match",
  ]),
  denied("a range that ends before it starts", "TenantConfig", device({ vniType: "vlan", vniRange: "1-5,9-7" }), [
    "hostDevices[0].vniRange",
    "start before",
  ]),
  denied("a range with VNI 0", "TenantConfig", device({ vniType: "vlan", vniRange: "0-7" }), [
    "hostDevices[0].vniRange",
    "1-4094",
  ]),
  denied("a range beyond VLAN ids", "TenantConfig", device({ vniType: "vlan", vniRange: "4000-4095" }), [
    "hostDevices[0].vniRange",
    "1-4094",
  ]),
  denied("a range beyond VxLAN ids", "TenantConfig", device({ vniType: "vxlan", vniRange: "16777215" }), [
    "hostDevices[0].vniRange",
    "16777214",
  ]),
  denied("a device without name", "TenantConfig", { hostDevices: [{ name: "" }] }, ["hostDevices[0].name", ""]),
  denied("an empty key", "TenantConfig", { networkIds: { "": "x" } }, ["networkIds", "key"]),
  denied("an empty value", "TenantConfig", { networkIds: { calico: "" } }, ["networkIds", "value"]),
  denied("a NetworkID that leaves its directory", "TenantConfig", { networkIds: { calico: "../x" } }, [
    "networkIds",
    "value",
  ]),
  denied("a NetworkID too long for a link", "TenantConfig", { networkIds: { IPVLAN: "a1234567890" } }, [
    "networkIds",
    "10",
  ]),
];

const EP = { NetworkName: "n", Interface: { Name: "eth0" } };

const DANM_EPS: readonly CrdCase[] = [
  accepted("an endpoint without addresses", "DanmEp", { spec: EP }),
  denied("an endpoint whose address has no prefix", "DanmEp", {
    spec: { ...EP, Interface: { Name: "e", Address: "10.0.0.1" } },
  }, [
    "spec.Interface.Address",
    "with prefix",
  ]),
  denied("an endpoint whose IPv6 address is IPv4", "DanmEp", {
    spec: { ...EP, Interface: { Name: "e", AddressIPv6: "10.0.0.1/24" } },
  }, ["spec.Interface.AddressIPv6", "IPv6"]),
  accepted("an endpoint of a NetworkAttachmentDefinition of another namespace", "DanmEp", {
    spec: { ...EP, NetworkName: "other/net", apiType: "NetworkAttachmentDefinition" },
  }),
  denied("an endpoint of an unknown kind", "DanmEp", { spec: { ...EP, apiType: "Network" } }, [
    "spec.apiType",
    "Network",
  ]),
];

const IP = {
  space: "dn.default.net",
  address: "10.0.0.7",
  networkKind: "DanmNet",
  networkNamespace: "default",
  networkName: "net",
  podNamespace: "default",
  podName: "web-0",
  podUID: "uid",
  containerID: "cid",
  interface: "eth0",
  node: "node-1",
};

function ip(name: string, metadataName: string, spec: Fields = {}): CrdCase {
  return accepted(name, "DanmIp", { metadata: { name: metadataName }, spec: { ...IP, ...spec } });
}

function deniedIp(of: CrdCase, field: string, message: string): CrdCase {
  return { ...of, denied: { field, message } };
}

const V6_NAME = "2001-0db8-0000-0000-0000-0000-0000-0007";

const DANM_IPS: readonly CrdCase[] = [
  ip("an IPv4 address", "10.0.0.7.dn.default.net"),
  ip("an IPv6 address", `${V6_NAME}.dn.default.net`, { address: "2001:db8::7" }),
  ip("an IPv6 address that ends in IPv4 style", "0064-ff9b-0000-0000-0000-0000-0102-0304.dn.default.net", {
    address: "64:ff9b::102:304",
  }),
  ip("an address of a ClusterNetwork", "10.0.0.7.cn.net", {
    space: "cn.net",
    networkKind: "ClusterNetwork",
    networkNamespace: "",
  }),
  ip("an address of a TenantNetwork", "10.0.0.7.tn.default.net", {
    space: "tn.default.net",
    networkKind: "TenantNetwork",
  }),
  ip("an address of a shared space", "10.0.0.7.as.shared", { space: "as.shared" }),
  ip("the longest names", `${V6_NAME}.dn.${"s".repeat(63)}.${"n".repeat(140)}`, {
    address: "2001:db8::7",
    space: `dn.${"s".repeat(63)}.${"n".repeat(140)}`,
    networkNamespace: "s".repeat(63),
    networkName: "n".repeat(140),
  }),
  deniedIp(ip("the name of another address", "10.0.0.8.dn.default.net"), "", "<spec.address>.<spec.space>"),
  deniedIp(ip("the name of another space", "10.0.0.7.dn.default.other"), "", "<spec.address>.<spec.space>"),
  deniedIp(
    ip("the name of another IPv6 address", `${V6_NAME}.dn.default.net`, { address: "2001:db8::8" }),
    "",
    "eight groups",
  ),
  deniedIp(ip("a compressed IPv6 name", "2001-db8--7.dn.default.net", { address: "2001:db8::7" }), "", "eight groups"),
  deniedIp(
    ip("an IPv6 name with a longer space", `${V6_NAME}.dn.default.net.x`, { address: "2001:db8::7" }),
    "",
    "eight groups",
  ),
  deniedIp(
    ip("an address with leading zeros", "10.0.0.07.dn.default.net", { address: "10.0.0.07" }),
    "spec.address",
    "canonical",
  ),
  deniedIp(
    ip("an IPv6 address that is not canonical", `${V6_NAME}.dn.default.net`, { address: "2001:DB8::7" }),
    "spec.address",
    "canonical",
  ),
  deniedIp(
    ip("an IPv4 address dressed as IPv6", "0000-0000-0000-0000-0000-ffff-0a00-0007.dn.default.net", {
      address: "::ffff:10.0.0.7",
    }),
    "spec.address",
    "canonical",
  ),
  deniedIp(
    ip("the space of another network", "10.0.0.7.dn.default.victim", { space: "dn.default.victim" }),
    "spec.space",
    "space",
  ),
  deniedIp(
    ip("the space of another kind", "10.0.0.7.tn.default.net", { space: "tn.default.net" }),
    "spec.space",
    "space",
  ),
  deniedIp(
    ip("a DanmNet without namespace", "10.0.0.7.as.x", { space: "as.x", networkNamespace: "" }),
    "spec.networkNamespace",
    "empty",
  ),
  deniedIp(ip("no holder", "10.0.0.7.dn.default.net", { podUID: "" }), "spec.podUID", ""),
  deniedIp(ip("no node", "10.0.0.7.dn.default.net", { node: undefined }), "spec.node", "Required"),
];

function ingress(rule: Fields): Fields {
  return { spec: { ingress: [rule] } };
}

const POLICIES: readonly CrdCase[] = [
  accepted("a policy that isolates everything", "DanmNetworkPolicy", { spec: {} }),
  accepted("a policy that allows everything", "DanmNetworkPolicy", ingress({})),
  accepted(
    "named ports and ranges",
    "DanmNetworkPolicy",
    ingress({ ports: [{ port: "http" }, { port: 1, endPort: 65535 }] }),
  ),
  accepted("a peer that is any Pod", "DanmNetworkPolicy", ingress({ from: [{ podSelector: {} }] })),
  accepted("a subject's networks", "DanmNetworkPolicy", { spec: { networkSelector: [{ name: "net" }] } }),
  denied("an empty peer", "DanmNetworkPolicy", ingress({ from: [{}] }), ["spec.ingress[0].from[0]", "must have"]),
  denied(
    "a peer with ipBlock and selector",
    "DanmNetworkPolicy",
    ingress({ from: [{ ipBlock: { cidr: "10.0.0.0/8" }, podSelector: {} }] }),
    [
      "spec.ingress[0].from[0].ipBlock",
      "together",
    ],
  ),
  denied("except outside", "DanmNetworkPolicy", {
    spec: { egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/16"] } }] }] },
  }, [
    "spec.egress[0].to[0].ipBlock.except",
    "inside cidr",
  ]),
  denied("an ipBlock without subnet", "DanmNetworkPolicy", ingress({ from: [{ ipBlock: { cidr: "10.0.0.0" } }] }), [
    "spec.ingress[0].from[0].ipBlock.cidr",
    "subnet",
  ]),
  denied("a range that ends before it starts", "DanmNetworkPolicy", ingress({ ports: [{ port: 80, endPort: 79 }] }), [
    "spec.ingress[0].ports[0].endPort",
    "numeric",
  ]),
  denied("a range from a name", "DanmNetworkPolicy", ingress({ ports: [{ port: "http", endPort: 90 }] }), [
    "spec.ingress[0].ports[0].endPort",
    "numeric",
  ]),
  denied("port 0", "DanmNetworkPolicy", ingress({ ports: [{ port: 0 }] }), [
    "spec.ingress[0].ports[0].port",
    "1 to 65535",
  ]),
  denied("an unknown protocol", "DanmNetworkPolicy", ingress({ ports: [{ protocol: "ICMP" }] }), [
    "spec.ingress[0].ports[0].protocol",
    "ICMP",
  ]),
  denied("an unknown direction", "DanmNetworkPolicy", { spec: { policyTypes: ["Both"] } }, [
    "spec.policyTypes[0]",
    "Both",
  ]),
  denied("a direction twice", "DanmNetworkPolicy", { spec: { policyTypes: ["Ingress", "Ingress"] } }, [
    "spec.policyTypes[1]",
    "Duplicate",
  ]),
  denied("In without values", "DanmNetworkPolicy", {
    spec: { podSelector: { matchExpressions: [{ key: "a", operator: "In" }] } },
  }, [
    "spec.podSelector.matchExpressions[0].values",
    "In and NotIn",
  ]),
  denied(
    "an unknown kind of network",
    "DanmNetworkPolicy",
    { spec: { networkSelector: [{ name: "n", type: "Net" }] } },
    [
      "spec.networkSelector[0].type",
      "Net",
    ],
  ),
];

/** Objects of the kinds that are not networks. */
export const OTHER_CASES: readonly CrdCase[] = [...TENANT_CONFIGS, ...DANM_EPS, ...DANM_IPS, ...POLICIES];
