import type { NetworkKind } from "../../../shared/schema/network.ts";
import type { CrdCase } from "./case.ts";

type Spec = Readonly<Record<string, unknown>>;

function spec(name: string, value: Spec, kind: NetworkKind = "DanmNet"): CrdCase {
  return { name, kind, object: { spec: value } };
}

function options(name: string, value: Spec): CrdCase {
  return spec(name, { NetworkID: "net", NetworkType: "ipvlan", Options: value });
}

function denied(accepted: CrdCase, field: string, message: string): CrdCase {
  return { ...accepted, denied: { field, message } };
}

/** A refusal that names a field of `spec.Options`. */
function deniedOptions(name: string, value: Spec, expected: readonly [field: string, message: string]): CrdCase {
  return denied(options(name, value), `spec.Options.${expected[0]}`, expected[1]);
}

const SUBNETS: readonly CrdCase[] = [
  options("an IPv4 subnet", { cidr: "10.0.0.0/24" }),
  options("a subnet with host bits", { cidr: "10.0.0.17/24", net6: "2001:db8::1/64" }),
  options("the largest IPv4 subnet", { cidr: "10.0.0.0/9" }),
  options("a /31 with its two addresses as pool", {
    cidr: "10.0.0.0/31",
    allocation_pool: { start: "10.0.0.0", end: "10.0.0.1" },
  }),
  options("a /32", { cidr: "10.0.0.7/32", allocation_pool: { start: "10.0.0.7", end: "10.0.0.7" } }),
  options("an IPv6 /127", { net6: "2001:db8::/127", allocation_pool_v6: { start: "2001:db8::", end: "2001:db8::1" } }),
  options("an IPv6 /128", {
    net6: "2001:db8::5/128",
    allocation_pool_v6: { start: "2001:db8::5", end: "2001:db8::5" },
  }),
  deniedOptions("a subnet above /9", { cidr: "10.0.0.0/8" }, ["cidr", "larger than /9"]),
  deniedOptions("loopback addresses", { cidr: "127.1.0.0/16" }, ["cidr", "127.0.0.0/8"]),
  deniedOptions("addresses of this network", { cidr: "0.0.0.17/24" }, ["cidr", "0.0.0.0/8"]),
  deniedOptions("IPv4 multicast", { cidr: "239.0.0.0/9" }, ["cidr", "224.0.0.0/4"]),
  deniedOptions("link-local addresses", { net6: "fe80::/64" }, ["net6", "fe80::/10"]),
  deniedOptions("link-local addresses among others", { net6: "fe00::/7" }, ["net6", "fe80::/10"]),
  deniedOptions("IPv6 multicast", { net6: "ff05::1/128" }, ["net6", "ff00::/8"]),
  options("what lies beside them", { cidr: "126.0.0.0/10", net6: "fec0::/64" }),
  deniedOptions("the whole of IPv4", { cidr: "0.0.0.0/0" }, ["cidr", "larger than /9"]),
  deniedOptions("leading zeros", { cidr: "010.0.0.0/24" }, ["cidr", "IPv4 subnet"]),
  deniedOptions("leading zeros of the prefix", { cidr: "10.0.0.0/024" }, ["cidr", "IPv4 subnet"]),
  deniedOptions("a short form", { cidr: "10.0/24" }, ["cidr", "IPv4 subnet"]),
  deniedOptions("an address without prefix", { cidr: "10.0.0.0" }, ["cidr", "IPv4 subnet"]),
  deniedOptions("a prefix above 32", { cidr: "10.0.0.0/33" }, ["cidr", "IPv4 subnet"]),
  deniedOptions("a part above 255", { cidr: "10.0.256.0/24" }, ["cidr", "IPv4 subnet"]),
  deniedOptions("white space", { cidr: "10.0.0.0/24 " }, ["cidr", "IPv4 subnet"]),
  deniedOptions("an IPv6 subnet as cidr", { cidr: "2001:db8::/64" }, ["cidr", "IPv4 subnet"]),
  deniedOptions("an IPv4 subnet dressed as IPv6 as cidr", { cidr: "::ffff:10.0.0.0/120" }, ["cidr", "IPv4 subnet"]),
  deniedOptions("an IPv4 subnet dressed as IPv6 as net6", { net6: "::ffff:10.0.0.0/120" }, ["net6", "IPv6 subnet"]),
  deniedOptions("an IPv4 subnet as net6", { net6: "10.0.0.0/24" }, ["net6", "IPv6 subnet"]),
  deniedOptions("a zone", { net6: "fe80::%eth0/64" }, ["net6", "IPv6 subnet"]),
  deniedOptions("a subnet that is longer than any", { cidr: "1".repeat(60) }, ["cidr", "49"]),
];

const POOLS: readonly CrdCase[] = [
  options("a pool", { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.10", end: "10.0.0.20" } }),
  options("a pool of one address", { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.10", end: "10.0.0.10" } }),
  options("a pool without end", { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.10" } }),
  options("a pool that crosses a part of the address", {
    cidr: "10.0.0.0/16",
    allocation_pool: { start: "10.0.9.255", end: "10.0.10.0" },
  }),
  deniedOptions("a pool without cidr", { allocation_pool: { start: "10.0.0.1", end: "10.0.0.2" } }, [
    "allocation_pool",
    "needs cidr",
  ]),
  deniedOptions("a pool with an empty cidr", { cidr: "", allocation_pool: { end: "10.0.0.2" } }, [
    "allocation_pool",
    "needs cidr",
  ]),
  deniedOptions("a pool that starts outside", { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.1.0" } }, [
    "allocation_pool.start",
    "inside cidr",
  ]),
  deniedOptions("a pool that ends outside", { cidr: "10.0.0.0/24", allocation_pool: { end: "10.0.1.0" } }, [
    "allocation_pool.end",
    "inside cidr",
  ]),
  deniedOptions("a pool that ends before it starts", {
    cidr: "10.0.0.0/24",
    allocation_pool: { start: "10.0.0.100", end: "10.0.0.20" },
  }, ["allocation_pool.start", "not be after"]),
  deniedOptions("a pool whose start has leading zeros", {
    cidr: "10.0.0.0/24",
    allocation_pool: { start: "10.0.0.010" },
  }, ["allocation_pool.start", "IPv4 address"]),
  deniedOptions("a pool whose end is IPv6", { cidr: "10.0.0.0/24", allocation_pool: { end: "2001:db8::1" } }, [
    "allocation_pool.end",
    "IPv4 address",
  ]),
];

const NET6 = "2001:db8::/64";

const POOLS_V6: readonly CrdCase[] = [
  options("an IPv6 pool", {
    net6: NET6,
    allocation_pool_v6: { cidr: "2001:db8::100:0/120", start: "2001:db8::100:1", end: "2001:db8::100:ff" },
  }),
  options("the largest IPv6 pool", { net6: NET6, allocation_pool_v6: { cidr: "2001:db8::/105" } }),
  options("an IPv6 pool whose CIDR is derived", {
    net6: NET6,
    allocation_pool_v6: { start: "2001:db8::1", end: "2001:db8::7f:ffff" },
  }),
  options("exactly 2^23 addresses", {
    cidr: "10.0.0.0/10",
    net6: NET6,
    allocation_pool_v6: { cidr: "2001:db8::/106" },
  }),
  options("an IPv6 pool that crosses groups", {
    net6: NET6,
    allocation_pool_v6: { cidr: "2001:db8::/108", start: "2001:db8::9:ffff", end: "2001:db8::a:0" },
  }),
  deniedOptions("an IPv6 pool without net6", { allocation_pool_v6: { cidr: "2001:db8::/120" } }, [
    "allocation_pool_v6",
    "needs net6",
  ]),
  deniedOptions("an IPv6 pool outside net6", { net6: NET6, allocation_pool_v6: { cidr: "2001:db9::/120" } }, [
    "allocation_pool_v6.cidr",
    "inside net6",
  ]),
  deniedOptions("an IPv6 pool wider than net6", {
    net6: "2001:db8::/120",
    allocation_pool_v6: { cidr: "2001:db8::/112" },
  }, [
    "allocation_pool_v6.cidr",
    "inside net6",
  ]),
  deniedOptions("an IPv6 pool above /105", { net6: NET6, allocation_pool_v6: { cidr: "2001:db8::/104" } }, [
    "allocation_pool_v6.cidr",
    "larger than /105",
  ]),
  deniedOptions("an IPv4 CIDR as IPv6 pool", { net6: NET6, allocation_pool_v6: { cidr: "10.0.0.0/24" } }, [
    "allocation_pool_v6.cidr",
    "IPv6 subnet",
  ]),
  deniedOptions("an IPv6 pool that starts outside its CIDR", {
    net6: NET6,
    allocation_pool_v6: { cidr: "2001:db8::/120", start: "2001:db8::100" },
  }, ["allocation_pool_v6.start", "inside allocation_pool_v6.cidr"]),
  deniedOptions("an IPv6 pool that ends outside its CIDR", {
    net6: NET6,
    allocation_pool_v6: { cidr: "2001:db8::/120", end: "2001:db8::100" },
  }, ["allocation_pool_v6.end", "inside allocation_pool_v6.cidr"]),
  deniedOptions("an IPv6 pool that starts beyond the derived CIDR", {
    net6: NET6,
    allocation_pool_v6: { start: "2001:db8::80:0" },
  }, ["allocation_pool_v6.start", "first 2^22"]),
  deniedOptions("an IPv6 pool that ends beyond the CIDR derived beside a cidr", {
    cidr: "10.0.0.0/24",
    net6: NET6,
    allocation_pool_v6: { end: "2001:db8::7f:ffff" },
  }, ["allocation_pool_v6.end", "first 2^22"]),
  deniedOptions("an IPv6 pool that ends before it starts", {
    net6: NET6,
    allocation_pool_v6: { cidr: "2001:db8::/108", start: "2001:db8::a:0", end: "2001:db8::9:ffff" },
  }, ["allocation_pool_v6.start", "not be after"]),
  deniedOptions("an IPv6 pool whose start is a zone", { net6: NET6, allocation_pool_v6: { start: "fe80::1%eth0" } }, [
    "allocation_pool_v6.start",
    "IPv6 address",
  ]),
  deniedOptions("more than 2^23 addresses", {
    cidr: "10.0.0.0/24",
    net6: NET6,
    allocation_pool_v6: { cidr: "2001:db8::/105" },
  }, ["allocation_pool_v6.cidr", "2^23"]),
  deniedOptions("a /9 beside net6", { cidr: "10.0.0.0/9", net6: NET6 }, ["net6", "2^23"]),
  deniedOptions("a /9 beside an IPv6 pool of one address", {
    cidr: "10.0.0.0/9",
    net6: NET6,
    allocation_pool_v6: { cidr: "2001:db8::/128" },
  }, ["allocation_pool_v6.cidr", "2^23"]),
];

const ROUTES: readonly CrdCase[] = [
  options("routes of both families", {
    cidr: "10.0.0.0/24",
    net6: NET6,
    routes: { "10.20.0.0/16": "10.0.0.1", "0.0.0.0/0": "10.0.0.254" },
    routes6: { "::/0": "2001:db8::1" },
  }),
  options("a default route that is written with host bits", {
    cidr: "10.0.0.0/24",
    routes: { "1.2.3.4/0": "10.0.0.1" },
  }),
  deniedOptions("routes without cidr", { routes: { "10.20.0.0/16": "10.0.0.1" } }, ["routes", "needs cidr"]),
  deniedOptions("routes6 without net6", { cidr: "10.0.0.0/24", routes6: { "::/0": "2001:db8::1" } }, [
    "routes6",
    "needs net6",
  ]),
  deniedOptions("a gateway outside", { cidr: "10.0.0.0/24", routes: { "10.20.0.0/16": "10.0.1.1" } }, [
    "routes",
    "inside cidr",
  ]),
  deniedOptions("an IPv6 gateway outside", { net6: NET6, routes6: { "::/0": "2001:db9::1" } }, [
    "routes6",
    "inside net6",
  ]),
  deniedOptions("a destination without prefix", { cidr: "10.0.0.0/24", routes: { "10.20.0.0": "10.0.0.1" } }, [
    "routes",
    "destination",
  ]),
  deniedOptions("a destination of the other family", { cidr: "10.0.0.0/24", routes: { "::/0": "10.0.0.1" } }, [
    "routes",
    "destination",
  ]),
  deniedOptions("a gateway of the other family", { net6: NET6, routes6: { "::/0": "10.0.0.1" } }, [
    "routes6",
    "gateway",
  ]),
  deniedOptions("a gateway that is empty", { cidr: "10.0.0.0/24", routes: { "10.20.0.0/16": "" } }, [
    "routes",
    "gateway",
  ]),
  deniedOptions("a gateway with leading zeros", { cidr: "10.0.0.0/24", routes: { "10.20.0.0/16": "10.0.0.01" } }, [
    "routes",
    "gateway",
  ]),
  deniedOptions("more routes than a network may have", {
    cidr: "10.0.0.0/24",
    routes: Object.fromEntries(
      Array.from({ length: 257 }, (_, index) => [`10.${index % 256}.${index >> 8}.0/24`, "10.0.0.1"]),
    ),
  }, ["routes", "256"]),
];

const LINKS: readonly CrdCase[] = [
  options("a VLAN", { host_device: "eth1", vlan: 4094 }),
  options("a VxLAN", { host_device: "bond0.5", vxlan: 16777214 }),
  options("an MTU", { host_device: "eth1", mtu: 9000 }),
  deniedOptions("VLAN 0", { host_device: "eth1", vlan: 0 }, ["vlan", "greater than or equal to 1"]),
  deniedOptions("VLAN 4095", { host_device: "eth1", vlan: 4095 }, ["vlan", "less than or equal to 4094"]),
  deniedOptions("VxLAN 16777215", { host_device: "eth1", vxlan: 16777215 }, ["vxlan", "16777214"]),
  deniedOptions("VLAN and VxLAN", { host_device: "eth1", vlan: 5, vxlan: 5 }, ["vxlan", "together with vlan"]),
  deniedOptions("a VLAN that is not a number", { host_device: "eth1", vlan: "5" }, ["vlan", "integer"]),
  deniedOptions("two devices", { host_device: "eth1", device_pool: "vendor.com/pool" }, ["device_pool", "host_device"]),
  deniedOptions("a device with a slash", { host_device: "../eth1" }, ["host_device", "match"]),
  deniedOptions("a device that reads like an option of ip", { host_device: "-batch" }, ["host_device", "match"]),
  deniedOptions("a device name above 15 bytes", { host_device: "eth0123456789012" }, ["host_device", "15"]),
  deniedOptions("a device pool with two slashes", { device_pool: "a/b/c" }, ["device_pool", "match"]),
  deniedOptions("an MTU of 0", { mtu: 0 }, ["mtu", "68"]),
  options("a routing table", { rt_tables: 4294967295 }),
  deniedOptions("the main routing table", { rt_tables: 254 }, ["rt_tables", "253, 254 or 255"]),
  deniedOptions("routing table 0", { rt_tables: 0 }, ["rt_tables", "1"]),
  deniedOptions("a routing table beyond 32 bits", { rt_tables: 4294967296 }, ["rt_tables", "4294967295"]),
  deniedOptions("a prefix that is too long", { container_prefix: "a".repeat(16) }, ["container_prefix", "15"]),
  deniedOptions("a prefix with a slash", { container_prefix: "a/b" }, ["container_prefix", "match"]),
  options("an address space", { address_space: "shared-1" }),
  deniedOptions("an address space that is no label", { address_space: "Shared_1" }, ["address_space", "match"]),
  deniedOptions("an address space above 63 characters", { address_space: "a".repeat(64) }, ["address_space", "63"]),
  deniedOptions("a bitmap that is not base64", { alloc: "****" }, ["alloc", "match"]),
];

const SPECS: readonly CrdCase[] = [
  spec("a NetworkID and nothing else", { NetworkID: "net" }),
  spec("a TenantNetwork without NetworkID", { NetworkType: "ipvlan" }, "TenantNetwork"),
  spec("a ClusterNetwork with AllowedTenants", { NetworkID: "net", AllowedTenants: ["a", "b"] }, "ClusterNetwork"),
  spec("an empty AllowedTenants on a DanmNet", { NetworkID: "net", AllowedTenants: [] }),
  denied(
    spec("AllowedTenants on a DanmNet", { NetworkID: "n", AllowedTenants: ["a"] }),
    "spec.AllowedTenants",
    "DanmNet",
  ),
  denied(
    spec("AllowedTenants on a TenantNetwork", { NetworkID: "n", AllowedTenants: ["a"] }, "TenantNetwork"),
    "spec.AllowedTenants",
    "TenantNetwork",
  ),
  denied(spec("a DanmNet without NetworkID", { NetworkType: "ipvlan" }), "spec.NetworkID", "must be set"),
  denied(spec("an empty NetworkID", { NetworkID: "" }, "ClusterNetwork"), "spec.NetworkID", "must be set"),
  denied(spec("a NetworkID that leaves its directory", { NetworkID: "../etc" }), "spec.NetworkID", "match"),
  denied(spec("a NetworkID of two dots", { NetworkID: ".." }), "spec.NetworkID", "match"),
  denied(spec("a NetworkID with a NUL", { NetworkID: "a\0b" }), "spec.NetworkID", "match"),
  denied(spec("a NetworkID with a line break", { NetworkID: "a\nb" }), "spec.NetworkID", "match"),
  denied(spec("a NetworkType with a slash", { NetworkID: "n", NetworkType: "bin/sh" }), "spec.NetworkType", "match"),
  denied(spec("a NetworkType of one dot", { NetworkID: "n", NetworkType: "." }), "spec.NetworkType", "match"),
  denied(spec("danm as NetworkType", { NetworkID: "n", NetworkType: "DANM" }), "spec.NetworkType", "danm"),
  denied(
    spec("an IPAM plugin as NetworkType", { NetworkID: "n", NetworkType: "host-local" }),
    "spec.NetworkType",
    "host-local",
  ),
  spec("a long NetworkID without link", { NetworkID: "a-long-name-of-a-file", Options: { host_device: "eth1" } }),
  spec("a NetworkID of ten characters with VLAN", {
    NetworkID: "a123456789",
    Options: { host_device: "e", vlan: 4094 },
  }),
  spec("a long NetworkID with VLAN and no host device", { NetworkID: "a1234567890", Options: { vlan: 5 } }),
  denied(
    spec("a NetworkID of eleven characters with VLAN", {
      NetworkID: "a1234567890",
      Options: { host_device: "e", vlan: 5 },
    }),
    "spec.NetworkID",
    "10 characters",
  ),
  denied(
    spec("a NetworkID of eleven characters with VxLAN", {
      NetworkID: "a1234567890",
      Options: { host_device: "e", vxlan: 5 },
    }),
    "spec.NetworkID",
    "10 characters",
  ),
  spec("sriov", { NetworkID: "n", NetworkType: "SRIOV", Options: { device_pool: "vendor.com/pool", vlan: 5 } }),
  denied(spec("sriov without pool", { NetworkID: "n", NetworkType: "sriov" }), "spec.Options.device_pool", "sriov"),
  denied(
    spec(
      "SRIOV with an empty pool",
      { NetworkID: "n", NetworkType: "SRIOV", Options: { device_pool: "" } },
      "TenantNetwork",
    ),
    "spec.Options.device_pool",
    "sriov",
  ),
  denied(
    spec("sriov with a host device", {
      NetworkID: "n",
      NetworkType: "sriov",
      Options: { device_pool: "vendor.com/pool", host_device: "eth1" },
    }),
    "spec.Options.host_device",
    "sriov",
  ),
  denied(options("an unknown field", { cidr: "10.0.0.0/24", vlna: 5 }), "", 'unknown field "spec.Options.vlna"'),
  denied({ name: "no spec", kind: "DanmNet", object: {} }, "spec", "Required"),
  {
    name: "a name of 140 characters",
    kind: "DanmNet",
    object: { metadata: { name: "n".repeat(140) }, spec: { NetworkID: "n" } },
  },
  denied(
    {
      name: "a name of 141 characters",
      kind: "ClusterNetwork",
      object: { metadata: { name: "n".repeat(141) }, spec: { NetworkID: "n" } },
    },
    "",
    "140 characters",
  ),
];

/** Networks of all kinds: what is accepted, and what is refused for which field. */
export const NETWORK_CASES: readonly CrdCase[] = [...SUBNETS, ...POOLS, ...POOLS_V6, ...ROUTES, ...LINKS, ...SPECS];
