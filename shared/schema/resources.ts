import { API_GROUP, API_VERSION } from "./meta.ts";

/** What a client has to know of a kind to address its objects. */
export interface Resource {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly scope: "Namespaced" | "Cluster";
}

/** Every kind of the API group, by kind. */
export const RESOURCES = {
  DanmNet: resource("DanmNet", "Namespaced", ["dn", "dnet"]),
  TenantNetwork: resource("TenantNetwork", "Namespaced", ["tn", "tnet"]),
  ClusterNetwork: resource("ClusterNetwork", "Cluster", ["cn", "cnet"]),
  TenantConfig: resource("TenantConfig", "Cluster", ["tc", "tconf"]),
  DanmEp: resource("DanmEp", "Namespaced", ["de", "dep"]),
  DanmIp: resource("DanmIp", "Cluster", ["dip"]),
  DanmNetworkPolicy: {
    ...resource("DanmNetworkPolicy", "Namespaced", ["dnp", "dnetpol"]),
    plural: "danmnetworkpolicies",
  },
} as const satisfies Record<string, Resource>;

/** A kind of the API group. */
export type Kind = keyof typeof RESOURCES;

function resource<K extends string>(kind: K, scope: Resource["scope"], shortNames: readonly string[]): Resource {
  const singular = kind.toLowerCase();
  return { kind, plural: `${singular}s`, singular, shortNames, scope };
}

/**
 * Path of an object, or of the whole kind without `name`, below the API server's root. Every component is escaped.
 *
 * @throws {TypeError} for an object of a namespaced kind without namespace, or of a cluster-wide kind with one
 */
export function resourcePath(
  kind: Kind,
  at: { namespace?: string | undefined; name?: string | undefined } = {},
): string {
  const { plural, scope } = RESOURCES[kind];
  if (scope === "Cluster" && at.namespace) {
    throw new TypeError(`${kind} is not namespaced, got namespace ${at.namespace}`);
  }
  if (scope === "Namespaced" && at.name !== undefined && !at.namespace) {
    throw new TypeError(`${kind} ${at.name} needs a namespace`);
  }
  const parts = ["apis", ...API_VERSION.split("/")];
  if (at.namespace) parts.push("namespaces", at.namespace);
  parts.push(plural);
  if (at.name !== undefined) parts.push(at.name);
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

/** `metadata.name` of the CustomResourceDefinition of a kind. */
export function crdName(kind: Kind): string {
  return `${RESOURCES[kind].plural}.${API_GROUP}`;
}
