import type { BadCase } from "./case.ts";

/** Networks that are as wrong as the API admits, and one that is right. */
export const NETWORKS: readonly object[] = [
  network("ClusterNetwork", "good", {}, { cidr: "10.150.0.0/24", container_prefix: "net" }),
  network("ClusterNetwork", "theirs", { AllowedTenants: ["red", "blue"] }, { cidr: "10.151.0.0/24" }),
  network("DanmNet", "full", {}, { cidr: "10.152.0.0/30", routes: { "10.9.0.0/16": "10.152.0.1" } }),
  network("DanmNet", "no-device", {}, { host_device: "none0", cidr: "10.153.0.0/24" }),
  network("TenantNetwork", "no-link", {}, { vlan: 77, cidr: "10.154.0.0/24" }),
  network("DanmNet", "other-link", {}, { vlan: 78, cidr: "10.155.0.0/24" }),
  network("DanmNet", "other-vx", {}, { vxlan: 4000, cidr: "10.156.0.0/24" }),
  network("DanmNet", "deviceless", { NetworkType: "ipvlan" }, { host_device: undefined, cidr: "10.157.0.0/24" }),
  network("DanmNet", "unknown-type", { NetworkType: "flannel" }, { host_device: undefined }),
  network("DanmNet", "long-prefix", {}, { cidr: "10.158.0.0/24", container_prefix: "fifteen-letters" }),
  network("DanmNet", "big", {}, { cidr: "10.159.0.0/24", mtu: 9000 }),
];

function network(kind: string, name: string, spec: object, options: object): object {
  return {
    apiVersion: "danm.io/v1",
    kind,
    metadata: { name, ...(kind !== "ClusterNetwork" && { namespace: "default" }) },
    spec: {
      NetworkID: name.slice(0, 10),
      NetworkType: "macvlan",
      ...spec,
      Options: { host_device: "eth1", ...options },
    },
  };
}

const good = (fields: object): object[] => [{ clusterNetwork: "good", ...fields }];

const ANNOTATION: readonly BadCase[] = [
  { what: "no JSON", interfaces: "[{", code: 104, says: /^annotation danm\.io\/interfaces: not JSON/ },
  { what: "no list", interfaces: "{}", code: 104, says: /^annotation danm\.io\/interfaces: / },
  { what: "a list of texts", interfaces: '["good"]', code: 104, says: /\[0\]/ },
  { what: "an unknown field", interfaces: good({ ips: "dynamic" }), code: 104, says: /\[0\].*ips/ },
  { what: "no network", interfaces: [{ ip: "dynamic" }], code: 104, says: /\[0\].*exactly one of .* got none/ },
  {
    what: "two networks",
    interfaces: [{ network: "full", clusterNetwork: "good" }],
    code: 104,
    says: /\[0\].*exactly one of .* got network and clusterNetwork/,
  },
  {
    what: "a network elsewhere",
    interfaces: [{ network: "../pods/x" }],
    code: 104,
    says: /\[0\]\.network.*not the name/,
  },
  { what: "no address", interfaces: good({ ip: "some" }), code: 104, says: /\[0\]\.ip.*"some"/ },
  { what: "leading zeros", interfaces: good({ ip: "010.150.0.5" }), code: 104, says: /\[0\]\.ip.*010\.150\.0\.5/ },
  { what: "the wrong family", interfaces: good({ ip: "fd00::1" }), code: 104, says: /\[0\]\.ip.*not an IPv4 address/ },
  { what: "an address outside", interfaces: good({ ip: "10.99.0.1" }), code: 104, says: /\[0\]\.ip.*10\.99\.0\.1/ },
  { what: "another prefix", interfaces: good({ ip: "10.150.0.5/16" }), code: 104, says: /\[0\]\.ip.*\/16/ },
  {
    what: "the network's address",
    interfaces: good({ ip: "10.150.0.0" }),
    code: 104,
    says: /\[0\]\.ip.*10\.150\.0\.0/,
  },
  {
    what: "the broadcast address",
    interfaces: good({ ip: "10.150.0.255" }),
    code: 104,
    says: /\[0\]\.ip.*10\.150\.0\.255/,
  },
  {
    what: "a family that the network has not",
    interfaces: good({ ip6: "dynamic" }),
    code: 104,
    says: /\[0\]\.ip6.*no IPv6/,
  },
  { what: "routes of no kind", interfaces: good({ proutes: { x: "y" } }), code: 104, says: /\[0\]\.proutes\[x\]/ },
  { what: "too many interfaces", interfaces: Array(257).fill({ network: "full" }), code: 104, says: /interfaces/ },
  {
    what: "no address for eth0",
    interfaces: good({ ip: "none" }),
    code: 104,
    says: /^eth0 on .*would have no address/,
  },
  { what: "two wrong entries", interfaces: [{}, { network: "Ü" }], code: 104, says: /\[0\].*; .*\[1\]\.network/ },
];

const NETWORK: readonly BadCase[] = [
  {
    what: "a missing network",
    interfaces: [{ network: "none" }],
    code: 102,
    says: /^DanmNet default\/none does not exist/,
  },
  {
    what: "two missing networks",
    interfaces: [{ network: "none" }, { tenantNetwork: "nix" }],
    code: 102,
    says: /DanmNet default\/none .*; TenantNetwork default\/nix /,
  },
  { what: "no default network", interfaces: "[]", code: 102, says: /no network called default/ },
  {
    what: "a network of others",
    interfaces: [{ clusterNetwork: "theirs", ip: "dynamic" }],
    code: 103,
    says: /^ClusterNetwork theirs may not be used from namespace default/,
  },
  {
    what: "an exhausted pool",
    interfaces: Array(3).fill({ network: "full", ip: "dynamic" }),
    code: 100,
    says: /of DanmNet default\/full for eth\d is exhausted/,
  },
  {
    what: "one static address for two interfaces",
    interfaces: [...good({ ip: "10.150.0.9" }), ...good({ ip: "10.150.0.9" })],
    code: 101,
    says: /^address 10\.150\.0\.9 of ClusterNetwork good for (eth0|net1) is in use by Pod default\/pod-\w+, interface/,
  },
  {
    what: "a type without configuration",
    interfaces: [{ network: "unknown-type", ip: "dynamic" }],
    code: 7,
    says: /^DanmNet default\/unknown-type: no configuration of its delegate: neither \S+\.conf nor \S+\.conflist/,
  },
  {
    what: "ipvlan without device",
    interfaces: [{ network: "deviceless", ip: "dynamic" }],
    code: 7,
    says: /default\/deviceless.*host_device/,
  },
  {
    what: "a device that the host has not",
    interfaces: [{ network: "no-device", ip: "dynamic" }],
    code: 105,
    says: /^eth0: ADD of delegate macvlan on none0 failed/,
  },
  {
    what: "a VLAN link that is missing",
    interfaces: [{ tenantNetwork: "no-link", ip: "dynamic" }],
    code: 11,
    says: /^eth0 on TenantNetwork default\/no-link: host link no-link\.77 \(vlan 77 on eth1\) is missing/,
  },
  {
    what: "a VLAN link that is something else",
    interfaces: [{ network: "other-link", ip: "dynamic" }],
    code: 106,
    says: /^eth0 on DanmNet default\/other-link: host link other-link\.78 is veth.*, not vlan 78 on eth1/,
  },
  {
    what: "a VxLAN link with another VNI",
    interfaces: [{ network: "other-vx", ip: "dynamic" }],
    code: 106,
    says: /host link vx_other-vx is vxlan 4001 on eth1, not vxlan 4000 on eth1/,
  },
  {
    what: "a name too long",
    interfaces: [...good({ ip: "dynamic" }), { network: "long-prefix" }],
    code: 7,
    says: /default\/long-prefix.*container_prefix.*fifteen-letters1/,
  },
  {
    what: "a name given twice",
    interfaces: [...good({ ip: "dynamic" }), ...good({}), ...good({})],
    conf: { namingScheme: "legacy" },
    code: 104,
    says: /interface name net is given twice/,
  },
  {
    what: "an MTU beyond the device's",
    interfaces: [{ network: "big", ip: "dynamic" }],
    code: 105,
    says: /^eth0: ADD of delegate macvlan on eth1 failed:.*MTU 9000/,
  },
  {
    what: "one wrong interface of three",
    interfaces: [...good({ ip: "dynamic" }), ...good({ ip: "dynamic" }), { network: "no-device", ip: "dynamic" }],
    code: 105,
    says: /eth2: ADD of delegate macvlan on none0 failed/,
  },
];

/** What Pods and networks may be wrong about. */
export const POD_CASES: readonly BadCase[] = [...ANNOTATION, ...NETWORK];
