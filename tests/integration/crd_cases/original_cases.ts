import type { CrdCase } from "./case.ts";

/** A bitmap of 2^20 bytes, as a network with 2^23 addresses of the original has it. */
const LARGEST_BITMAP = btoa("\0".repeat(1 << 20));

/**
 * Objects as the original stores them: empty strings, empty pools, bitmaps, and the examples of its documents. All are
 * accepted as new objects too, because the migration command copies them.
 */
export const ORIGINAL_CASES: readonly CrdCase[] = [
  {
    name: "a network that the original's webhook completed",
    kind: "DanmNet",
    object: {
      spec: {
        NetworkID: "management",
        NetworkType: "ipvlan",
        Options: {
          host_device: "ens4",
          cidr: "10.100.0.0/24",
          allocation_pool: { start: "10.100.0.1", end: "10.100.0.254", lastIp: "10.100.0.7/24" },
          alloc: "gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=",
          allocation_pool_v6: { start: "", end: "", cidr: "", lastIp: "" },
          container_prefix: "",
          net6: "",
          device_pool: "",
          routes: { "10.20.0.0/24": "10.100.0.254" },
          rt_tables: 201,
        },
      },
    },
  },
  {
    name: "empty strings everywhere",
    kind: "ClusterNetwork",
    object: {
      spec: {
        NetworkID: "flannel",
        NetworkType: "",
        AllowedTenants: null,
        Options: {
          host_device: "",
          device_pool: "",
          container_prefix: "",
          cidr: "",
          net6: "",
          alloc: "",
          alloc6: "",
          allocation_pool: {},
        },
      },
    },
  },
  {
    name: "a static delegate with empty Options",
    kind: "DanmNet",
    object: { spec: { NetworkID: "flannel", NetworkType: "flannel", Options: {} } },
  },
  {
    name: "the network that showalloc's example prints",
    kind: "DanmNet",
    object: {
      metadata: { name: "sriov-a", namespace: "kube-system" },
      spec: {
        NetworkID: "sriov-a",
        NetworkType: "sriov",
        Options: {
          device_pool: "intel.com/sriov_a",
          cidr: "10.100.100.0/24",
          allocation_pool: { start: "10.100.100.1", end: "10.100.100.254" },
          routes: { "10.0.0.0/8": "10.100.100.254" },
          alloc: "/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAM=",
        },
      },
    },
  },
  {
    name: "the largest bitmap",
    kind: "ClusterNetwork",
    object: {
      spec: { NetworkID: "big", NetworkType: "ipvlan", Options: { cidr: "10.0.0.0/9", alloc: LARGEST_BITMAP } },
    },
  },
  {
    name: "a tenant's network with its VNI",
    kind: "TenantNetwork",
    object: { spec: { NetworkID: "internal", NetworkType: "ipvlan", Options: { host_device: "ens4", vxlan: 703 } } },
  },
  {
    name: "a configuration for tenants with bitmaps",
    kind: "TenantConfig",
    object: {
      hostDevices: [
        { name: "ens4", vniType: "vxlan", vniRange: "700-710", alloc: "AAAA" },
        { name: "ens5", vniType: "vlan", vniRange: "200,500-510" },
        { name: "nokia.k8s.io/sriov_ens1f0", vniType: "vlan", vniRange: "1500-1550" },
        { name: "ens6", vniType: "", vniRange: "" },
      ],
      networkIds: { flannel: "flannel", sriov: "sriov_ens1f0" },
    },
  },
  {
    name: "an endpoint with addresses",
    kind: "DanmEp",
    object: {
      spec: {
        NetworkName: "management",
        NetworkType: "ipvlan",
        EndpointID: "fd8af1d6-9d76-4d8f-a0f8-53a2ea5e2c2e",
        Interface: {
          Name: "eth0",
          Address: "10.100.0.7/24",
          AddressIPv6: "",
          MacAddress: "fa:16:3e:00:00:01",
          proutes: { "10.30.0.0/16": "10.100.0.254" },
          proutes6: null,
        },
        Host: "node-1.example.com",
        Pod: "web-0",
        PodUID: "fb1fdfb5-5f72-11e8-a8d0-fa163e98af00",
        CID: "c".repeat(64),
        netns: "/proc/4711/ns/net",
        apiType: "DanmNet",
      },
    },
  },
  {
    name: "an endpoint of an early release",
    kind: "DanmEp",
    object: {
      spec: { NetworkName: "l2", Interface: { Name: "eth1", Address: "none", AddressIPv6: "none" }, apiType: "" },
    },
  },
  {
    name: "a policy",
    kind: "DanmNetworkPolicy",
    object: {
      spec: {
        podSelector: { matchLabels: { app: "db" } },
        policyTypes: ["Ingress", "Egress"],
        ingress: [{
          from: [{ networkSelector: [{ name: "internal", type: "DanmNet" }] }, {
            ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] },
          }],
          ports: [{ protocol: "TCP", port: 6379 }],
        }],
      },
    },
  },
];

/**
 * Objects that the original accepted although they break a rule. They cannot be made anew, but where they are stored
 * they stay, and everything else in them can be changed.
 */
export const BROKEN_ORIGINALS: readonly CrdCase[] = [
  {
    name: "the example of the original's first documents: a pool without subnet that ends before it starts",
    kind: "DanmNet",
    object: {
      metadata: { name: "test-net1", namespace: "default" },
      spec: {
        NetworkID: "test-net1",
        NetworkType: "ipvlan",
        Options: {
          allocation_pool: { end: "192.168.1.10", start: "192.168.1.100" },
          container_prefix: "eth0",
          host_device: "ens4",
          rt_tables: 201,
          alloc: "gAE=",
        },
      },
    },
    denied: { field: "spec.Options.allocation_pool", message: "needs cidr" },
  },
  {
    name: "a subnet of which the original had no bitmap",
    kind: "ClusterNetwork",
    object: {
      metadata: { name: "huge" },
      spec: {
        NetworkID: "huge-network",
        NetworkType: "ipvlan",
        Options: { host_device: "ens4", vlan: 5, cidr: "10.0.0.0/8", alloc: "gAE=" },
      },
    },
    denied: { field: "spec.Options.cidr", message: "/9" },
  },
  {
    name: "a name that is longer than names may be now",
    kind: "TenantNetwork",
    object: {
      metadata: { name: "n".repeat(200), namespace: "default" },
      spec: { NetworkID: "n", AllowedTenants: ["a"], Options: { alloc: "gAE=" } },
    },
    denied: { field: "spec.AllowedTenants", message: "TenantNetwork" },
  },
];
