import type { NetworkKind } from "../../../shared/schema/network.ts";
import type { Manifest } from "../../support/webhook/memory_cluster.ts";

type Fields = Readonly<Record<string, unknown>>;

function network(
  kind: NetworkKind,
  [namespace, name]: readonly [namespace: string | undefined, name: string],
  spec: Fields & { readonly Options?: Fields },
): Manifest {
  return {
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    spec: { NetworkID: "net", ...spec },
  };
}

function ipvlan(namespace: string, name: string, options: Fields): Manifest {
  return network("DanmNet", [namespace, name], { Options: { host_device: "eth1", ...options } });
}

/** Namespaces that the cases speak of. */
export const NAMESPACES = ["apps", "other", "defaulted", "danm-system"] as const;

/** Networks that the cases speak of. */
export const NETWORKS: readonly Manifest[] = [
  ipvlan("apps", "dual", {
    cidr: "10.1.0.0/24",
    net6: "fd00:1::/64",
    routes: { "10.0.0.0/8": "10.1.0.1" },
    rt_tables: 150,
  }),
  ipvlan("apps", "v4", { cidr: "10.2.0.0/24", allocation_pool: { start: "10.2.0.10", end: "10.2.0.20" } }),
  ipvlan("apps", "v6", { net6: "fd00:3::/64", allocation_pool_v6: { cidr: "fd00:3::1:0/112" } }),
  ipvlan("apps", "l2", {}),
  ipvlan("apps", "pair", { cidr: "10.4.0.0/31" }),
  ipvlan("apps", "single", { cidr: "10.5.0.7/32" }),
  ipvlan("apps", "prefixed", { cidr: "10.6.0.0/24", container_prefix: "net" }),
  ipvlan("apps", "longest", { cidr: "10.7.0.0/24", container_prefix: "abcdefghijklmn" }),
  ipvlan("apps", "too-long", { cidr: "10.8.0.0/24", container_prefix: "abcdefghijklmno" }),
  ipvlan("apps", "one", { cidr: "10.9.0.0/24", container_prefix: "x" }),
  ipvlan("apps", "eleven", { cidr: "10.10.0.0/24", container_prefix: "x1" }),
  ipvlan("apps", "apart", { cidr: "10.19.0.0/24" }),
  ipvlan("apps", "shared-a", { cidr: "10.19.0.0/24", address_space: "lan" }),
  network("ClusterNetwork", [undefined, "shared-b"], {
    Options: { host_device: "eth1", cidr: "10.19.0.0/24", address_space: "lan" },
  }),
  network("DanmNet", ["apps", "mac"], { NetworkType: "MACVLAN", Options: { cidr: "10.11.0.0/24" } }),
  network("DanmNet", ["apps", "bridge"], { NetworkType: "bridge", Options: { cidr: "10.12.0.0/24" } }),
  network("DanmNet", ["apps", "flannel"], { NetworkType: "flannel" }),
  network("DanmNet", ["other", "elsewhere"], { Options: { host_device: "eth1", cidr: "10.13.0.0/24" } }),
  network("DanmNet", ["defaulted", "default"], { Options: { host_device: "eth1", cidr: "10.14.0.0/24" } }),
  network("TenantNetwork", ["apps", "mine"], { Options: { host_device: "eth1", cidr: "10.15.0.0/24" } }),
  network("ClusterNetwork", [undefined, "ext"], { Options: { host_device: "eth1", cidr: "10.16.0.0/16" } }),
  network("ClusterNetwork", [undefined, "vip"], {
    AllowedTenants: ["other"],
    Options: { host_device: "eth1", cidr: "10.17.0.0/24" },
  }),
  network("ClusterNetwork", [undefined, "both"], {
    AllowedTenants: ["other", "apps"],
    Options: { host_device: "eth1", cidr: "10.18.0.0/24" },
  }),
];
