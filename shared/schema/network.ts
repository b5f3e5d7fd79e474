import {
  AddressText,
  CidrText,
  type Condition,
  Conditions,
  LinkName,
  ObjectMeta,
  PathComponent,
  Routes,
} from "./meta.ts";
import { parse } from "./describe_issues.ts";
import * as z from "zod/mini";

/** The kinds of network objects. */
export const NETWORK_KINDS = ["DanmNet", "TenantNetwork", "ClusterNetwork"] as const;
/** One of the kinds of network objects. */
export type NetworkKind = typeof NETWORK_KINDS[number];

/** Largest number of addresses of a network: `cidr` and the v6 pool's CIDR together. */
export const MAX_ADDRESSES = 1n << 23n;
/** Longest name of a network object in characters: it is part of the names of its DanmIps. */
export const MAX_NETWORK_NAME = 140;
/** Longest `NetworkID` in bytes where a host link is named after it: `<NetworkID>.4094` must fit into 15 bytes. */
export const MAX_LINK_NETWORK_ID = 10;
/** Most routes of one family of a network. */
export const MAX_ROUTES = 256;

/** Plugins that cannot be the type of a network: ourselves, and plugins that make no interface. Lower case. */
export const REFUSED_NETWORK_TYPES = [
  "danm",
  "danm-ipam",
  "fakeipam",
  "host-local",
  "dhcp",
  "static",
  "whereabouts",
  "calico-ipam",
] as const;

const bitmap = z.string().check(z.maxLength(1_400_000), z.regex(/^[A-Za-z0-9+/]*={0,2}$/));

/** Range of IPv4 addresses that dynamic allocation takes from. */
export const AllocationPool = z.object({
  start: z.optional(AddressText),
  end: z.optional(AddressText),
  lastIp: z.optional(CidrText),
});
/** Range of IPv4 addresses that dynamic allocation takes from. */
export type AllocationPool = z.infer<typeof AllocationPool>;

/** Range of IPv6 addresses that dynamic allocation takes from, and the part of `net6` that it lies in. */
export const AllocationPoolV6 = z.object({
  cidr: z.optional(CidrText),
  start: z.optional(AddressText),
  end: z.optional(AddressText),
  lastIp: z.optional(CidrText),
});
/** Range of IPv6 addresses that dynamic allocation takes from, and the part of `net6` that it lies in. */
export type AllocationPoolV6 = z.infer<typeof AllocationPoolV6>;

/** `spec.Options` of every kind of network. Stored objects hold empty strings and empty pools for "not set". */
export const NetworkOptions = z.object({
  host_device: z.optional(LinkName),
  device_pool: z.optional(
    z.string().check(z.maxLength(316), z.regex(/^([A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)?)?$/)),
  ),
  vlan: z.optional(z.int().check(z.minimum(1), z.maximum(4094))),
  vxlan: z.optional(z.int().check(z.minimum(1), z.maximum(16777214))),
  container_prefix: z.optional(LinkName),
  cidr: z.optional(CidrText),
  allocation_pool: z.optional(AllocationPool),
  routes: z.optional(Routes),
  net6: z.optional(CidrText),
  allocation_pool_v6: z.optional(AllocationPoolV6),
  routes6: z.optional(Routes),
  rt_tables: z.optional(z.int().check(z.minimum(1), z.maximum(4294967295))),
  mtu: z.optional(z.int().check(z.minimum(68), z.maximum(65535))),
  address_space: z.optional(z.string().check(z.maxLength(63), z.regex(/^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$/))),
  alloc: z.optional(bitmap),
  alloc6: z.optional(bitmap),
});
/** `spec.Options` of every kind of network. */
export type NetworkOptions = z.infer<typeof NetworkOptions>;

/** `spec` of every kind of network. `AllowedTenants` counts on ClusterNetworks only. */
export const NetworkSpec = z.object({
  NetworkID: z.optional(PathComponent),
  NetworkType: z._default(PathComponent, "ipvlan"),
  AllowedTenants: z.optional(z.nullable(z.array(z.string().check(z.maxLength(63))).check(z.maxLength(1024)))),
  Options: z.optional(NetworkOptions),
});
/** `spec` of every kind of network. */
export type NetworkSpec = z.infer<typeof NetworkSpec>;

/** What the cleaner counts of one family of a network's pool. */
export const PoolStatus = z.object({
  capacity: z.int().check(z.minimum(0), z.maximum(8388608)),
  allocated: z.int().check(z.minimum(0), z.maximum(8388608)),
  freeCandidates: z.optional(z.array(AddressText).check(z.maxLength(256))),
});
/** What the cleaner counts of one family of a network's pool. */
export type PoolStatus = z.infer<typeof PoolStatus>;

/** `status` of every kind of network, written by the cleaner and the netwatcher. */
export const NetworkStatus = z.object({
  observedGeneration: z.optional(z.int().check(z.minimum(0))),
  ipv4: z.optional(PoolStatus),
  ipv6: z.optional(PoolStatus),
  conditions: z.optional(Conditions),
});
/** `status` of every kind of network. */
export type NetworkStatus = z.infer<typeof NetworkStatus>;

const network = { metadata: ObjectMeta, spec: NetworkSpec, status: z.optional(NetworkStatus) };

/** A network of one namespace, in single-tenant clusters. */
export const DanmNet = z.object(network);
/** A network of one namespace, in single-tenant clusters. */
export type DanmNet = z.infer<typeof DanmNet>;

/** A network of a tenant; its physical attributes come from the TenantConfigs. */
export const TenantNetwork = z.object(network);
/** A network of a tenant; its physical attributes come from the TenantConfigs. */
export type TenantNetwork = z.infer<typeof TenantNetwork>;

/** A network of the whole cluster. */
export const ClusterNetwork = z.object(network);
/** A network of the whole cluster. */
export type ClusterNetwork = z.infer<typeof ClusterNetwork>;

/** A network object of any kind, checked, with values that stand for "not set" removed. */
export interface Network {
  readonly kind: NetworkKind;
  readonly metadata: ObjectMeta;
  readonly spec: NetworkSpec & { readonly Options: NetworkOptions };
  readonly status?: { readonly conditions?: Condition[] | undefined } & NetworkStatus | undefined;
}

/**
 * Reads a stored network object: fields that are not known are ignored; empty strings, empty pools and empty maps
 * are dropped, because the original wrote them for "not set"; an empty `NetworkType` becomes `ipvlan`, any other
 * is lower-cased.
 *
 * @throws {SchemaError} naming the object and every field that is wrong
 */
export function parseNetwork(kind: NetworkKind, stored: unknown): Network {
  const parsed = parse(DanmNet, stored, networkSubject(kind, stored));
  const { spec } = parsed;
  const NetworkType = networkType(spec);
  return { ...parsed, kind, spec: { ...withoutBlanks(spec), NetworkType, Options: withoutBlanks(spec.Options ?? {}) } };
}

/** The type of a network in lower case; not set means `ipvlan`. */
export function networkType(spec: Pick<NetworkSpec, "NetworkType">): string {
  return spec.NetworkType === "" ? "ipvlan" : spec.NetworkType.toLowerCase();
}

function networkSubject(kind: NetworkKind, stored: unknown): string {
  const metadata = (stored as { metadata?: { name?: unknown; namespace?: unknown } } | null)?.metadata;
  return [kind, [metadata?.namespace, metadata?.name].filter((part) => part && typeof part === "string").join("/")]
    .join(" ").trim();
}

/** A copy without empty strings, nulls, empty lists and (after the same treatment of their values) empty objects. */
function withoutBlanks<T extends object>(value: T): T {
  const kept = Object.entries(value)
    .map(([key, item]) => [key, isPlainObject(item) ? withoutBlanks(item) : item] as const)
    .filter(([, item]) => !isBlank(item));
  return Object.fromEntries(kept) as T;
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isBlank(value: unknown): boolean {
  if (value === "" || value === null || value === undefined) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
