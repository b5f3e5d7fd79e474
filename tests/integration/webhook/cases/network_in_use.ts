import type { NetworkKind } from "../../../../shared/schema/network.ts";
import type { Manifest } from "../../../support/webhook/memory_cluster.ts";
import { endpointOf, forEachKind, type NetworkCase, type Spec } from "./network_case.ts";

const LINK: Spec = { host_device: "ens4", vlan: 5 };
const DUAL: Spec = { cidr: "10.0.0.0/24", net6: "2001:db8::/64" };

/** Changes of what a Pod's interface is made on: what is stored, what is sent, the field that is named. */
const GUARDED: readonly (readonly [name: string, before: Spec, after: Spec, field: string])[] = [
  ["host_device", { Options: LINK }, { Options: { ...LINK, host_device: "ens5" } }, "Options.host_device"],
  ["host_device taken away", { Options: LINK }, { Options: { vlan: 5 } }, "Options.host_device"],
  ["host_device given", { Options: {} }, { Options: { host_device: "ens4" } }, "Options.host_device"],
  ["vlan", { Options: LINK }, { Options: { ...LINK, vlan: 6 } }, "Options.vlan"],
  ["vlan taken away", { Options: LINK }, { Options: { host_device: "ens4" } }, "Options.vlan"],
  ["vlan given", { Options: { host_device: "ens4" } }, { Options: LINK }, "Options.vlan"],
  ["vlan in place of vxlan", { Options: { host_device: "ens4", vxlan: 5 } }, { Options: LINK }, "Options.vxlan"],
  [
    "vxlan",
    { Options: { host_device: "ens4", vxlan: 5 } },
    { Options: { host_device: "ens4", vxlan: 6 } },
    "Options.vxlan",
  ],
  ["device_pool", { NetworkType: "sriov", Options: { device_pool: "vendor.com/a" } }, {
    NetworkType: "sriov",
    Options: { device_pool: "vendor.com/b" },
  }, "Options.device_pool"],
  ["NetworkType", { Options: LINK }, { NetworkType: "macvlan", Options: LINK }, "NetworkType"],
  ["NetworkType of a static delegate", { NetworkType: "bridge" }, { NetworkType: "flannel" }, "NetworkType"],
  ["NetworkID with a VLAN", { Options: LINK }, { NetworkID: "other", Options: LINK }, "NetworkID"],
  ["NetworkID with a VxLAN", { Options: { host_device: "ens4", vxlan: 5 } }, {
    NetworkID: "other",
    Options: { host_device: "ens4", vxlan: 5 },
  }, "NetworkID"],
];

/** Changes that no attached Pod notices. */
const FREE: readonly (readonly [name: string, before: Spec, after: Spec])[] = [
  ["NetworkID without host link", { Options: { host_device: "ens4" } }, {
    NetworkID: "other",
    Options: { host_device: "ens4" },
  }],
  ["NetworkID of a static delegate", { NetworkType: "flannel" }, { NetworkType: "flannel", NetworkID: "other" }],
  ["NetworkType in another case", { NetworkType: "IPVLAN", Options: LINK }, { NetworkType: "ipvlan", Options: LINK }],
  ["mtu", { Options: LINK }, { Options: { ...LINK, mtu: 1400 } }],
  ["rt_tables", { Options: LINK }, { Options: { ...LINK, rt_tables: 77 } }],
  ["container_prefix", { Options: LINK }, { Options: { ...LINK, container_prefix: "net" } }],
  ["routes", { Options: { ...LINK, ...DUAL } }, {
    Options: { ...LINK, ...DUAL, routes: { "10.9.0.0/16": "10.0.0.1" } },
  }],
  ["a pool", { Options: { ...LINK, ...DUAL } }, {
    Options: { ...LINK, ...DUAL, allocation_pool: { start: "10.0.0.200", end: "10.0.0.210" } },
  }],
  ["a device in place of an empty text", { Options: { host_device: "" } }, { Options: {} }],
  ["nothing", { Options: LINK }, { Options: LINK }],
];

const HELD: Spec = { Address: "10.0.0.7/24", AddressIPv6: "2001:db8::7/64" };

/** Changes of subnets: addresses that a Pod holds, what is sent in place of DUAL, the field that is named if any. */
const SUBNETS: readonly (readonly [name: string, held: Spec, after: Spec, field?: string])[] = [
  ["the same with host bits", HELD, { ...DUAL, cidr: "10.0.0.9/24" }],
  ["a larger one", HELD, { cidr: "10.0.0.0/16", net6: "2001:db8::/48" }],
  ["a smaller one that keeps the address", HELD, { ...DUAL, cidr: "10.0.0.0/28" }],
  ["a smaller IPv6 one that keeps the address", HELD, { ...DUAL, net6: "2001:db8::/120" }],
  ["a smaller one without the address", HELD, { ...DUAL, cidr: "10.0.0.128/25" }, "cidr"],
  ["another one", HELD, { ...DUAL, cidr: "10.1.0.0/24" }, "cidr"],
  ["none", HELD, { net6: DUAL["net6"] }, "cidr"],
  ["an empty text", HELD, { ...DUAL, cidr: "" }, "cidr"],
  ["another IPv6 one", HELD, { ...DUAL, net6: "fd00::/64" }, "net6"],
  ["a smaller IPv6 one without the address", HELD, { ...DUAL, net6: "2001:db8::1:0/112" }, "net6"],
  ["no IPv6 one", HELD, { cidr: DUAL["cidr"] }, "net6"],
  ["another one, nobody has an IPv4 address", { AddressIPv6: "2001:db8::7/64" }, { ...DUAL, cidr: "10.1.0.0/24" }],
  ["another one, the address is none", { Address: "none", AddressIPv6: "none" }, {
    cidr: "10.1.0.0/24",
    net6: "fd00::/64",
  }],
  ["another one, the address is empty", { Address: "", AddressIPv6: "" }, { cidr: "10.1.0.0/24", net6: "fd00::/64" }],
  ["another one, the address was of neither", { Address: "192.168.0.7/24" }, { ...DUAL, cidr: "10.1.0.0/24" }],
];

/** Endpoints of other networks that look like those of the one in question. */
function lookalikes(kind: NetworkKind): Manifest[] {
  const other = kind === "DanmNet" ? "TenantNetwork" : "DanmNet";
  return [
    endpointOf(kind, "other-name", { network: "case-2", Interface: HELD }),
    endpointOf(other, "other-kind", { Interface: HELD }),
    ...(kind === "ClusterNetwork"
      ? []
      : [endpointOf(kind, "elsewhere", { namespace: "kube-public", Interface: HELD })]),
  ];
}

/** Networks under the Pods that are attached to them. */
export const IN_USE_CASES: readonly NetworkCase[] = [
  ...GUARDED.flatMap(([name, before, after, field]) => [
    ...forEachKind((kind) => ({
      ...changed(`in use: ${name}`, before, after),
      others: [endpointOf(kind, "web-0")],
      denied: [{ field: `spec.${field}`, says: "default/web-0" }],
    })),
    // What a TenantNetwork was assigned is not changed without Pods either.
    ...forEachKind((kind) => ({ ...changed(`not in use: ${name}`, before, after), others: lookalikes(kind) }))
      .filter(({ kind }) => kind !== "TenantNetwork"),
  ]),
  ...FREE.flatMap(([name, before, after]) =>
    forEachKind((kind) => ({
      ...changed(`in use, but free: ${name}`, before, after),
      others: [endpointOf(kind, "web-0", { Interface: HELD })],
    }))
  ),
  ...SUBNETS.flatMap(([name, held, after, field]) => [
    ...forEachKind((kind) => ({
      ...changed(`subnet in use: ${name}`, { Options: DUAL }, { Options: after }),
      others: [endpointOf(kind, "web-0", { Interface: held }), ...lookalikes(kind)],
      ...(field && { denied: [{ field: `spec.Options.${field}`, says: "Pod default/web-0" }] }),
    })),
    ...forEachKind((kind) => ({
      ...changed(`subnet not in use: ${name}`, { Options: DUAL }, { Options: after }),
      others: lookalikes(kind),
    })),
  ]),
  ...deletions(),
];

function deletions(): NetworkCase[] {
  const spec = { NetworkID: "net", NetworkType: "ipvlan", Options: LINK };
  const pods = (count: number) => Array.from({ length: count }, (_, index) => `web-${String(index).padStart(3, "0")}`);
  const denied = (says: string): { field: string; says: string }[] => [{ field: "", says }];
  const deleted = (
    name: string,
    of: (kind: NetworkKind) => Partial<NetworkCase>,
  ): NetworkCase[] => forEachKind((kind) => ({ name, operation: "DELETE", before: spec, ...of(kind) }));
  const some = (count: number, says: string): NetworkCase[] =>
    deleted(`deleted under ${count} Pods`, (kind) => ({
      others: pods(count).map((pod) => endpointOf(kind, pod)),
      denied: denied(says),
    }));
  return [
    ...deleted("deleted", () => ({})),
    ...deleted("deleted beside networks in use", (kind) => ({ others: lookalikes(kind) })),
    ...some(1, "while Pods are attached: default/web-000"),
    ...some(3, "default/web-000, default/web-001, default/web-002"),
    ...some(4, "default/web-002 and 1 more"),
    ...some(42, "and 39 more"),
    ...some(120, "and at least 97 more"),
    ...deleted("deleted under one Pod with two interfaces", (kind) => ({
      others: [endpointOf(kind, "web-0"), {
        ...endpointOf(kind, "web-0"),
        metadata: { namespace: "default", name: "2" },
      }],
      denied: denied("attached: default/web-0"),
    })),
    {
      name: "deleted under a Pod of an earlier release",
      kind: "DanmNet",
      operation: "DELETE",
      before: spec,
      others: [endpointOf("DanmNet", "old", { apiType: "" })],
      denied: denied("default/old"),
    },
    {
      name: "deleted under Pods of several namespaces",
      kind: "ClusterNetwork",
      operation: "DELETE",
      before: spec,
      others: [endpointOf("ClusterNetwork", "a", { namespace: "kube-public" }), endpointOf("ClusterNetwork", "b")],
      denied: denied("default/b, kube-public/a"),
    },
    ...deleted("deleted again while it is going", (kind) => ({
      others: [endpointOf(kind, "web-0")],
      metadata: { before: { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["example.com/wait"] } },
      onlyInProcess: true,
    })),
    ...forEachKind((kind) => ({
      name: "going, under a Pod: a finalizer is taken away",
      operation: "UPDATE",
      before: spec,
      spec,
      others: [endpointOf(kind, "web-0")],
      metadata: {
        before: { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["example.com/wait"] },
        object: { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: [] },
      },
      onlyInProcess: true,
    })),
  ];
}

function changed(name: string, before: Spec, after: Spec): Omit<NetworkCase, "kind"> {
  const base = { NetworkID: "net", NetworkType: "ipvlan" };
  return { name, operation: "UPDATE", before: { ...base, ...before }, spec: { ...base, ...after } };
}
