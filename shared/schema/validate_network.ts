import type { FieldIssue } from "./describe_issues.ts";
import { backendOf } from "./network_backend.ts";
import { MAX_LINK_NETWORK_ID, MAX_ROUTES, type Network, REFUSED_NETWORK_TYPES } from "./network.ts";
import { sameValue } from "./same_value.ts";
import { valueAt } from "./value_at.ts";

/** A rule over fields of one network that the schema of each of them cannot say. */
interface NetworkRule {
  /** Paths below `spec`. A change to none of them is no reason to judge a stored network again. */
  readonly fields: readonly string[];
  /** @param before the network as it was stored; absent when it is new */
  readonly find: (network: Network, before?: Network) => FieldIssue | undefined;
}

/**
 * What is wrong with a network beyond its single fields: what contradicts itself, is missing, or may not be changed.
 * The same rules as in the CRD, but for those about subnets.
 *
 * @param before the network as it was stored: then only what changed is judged
 */
export function validateNetwork(network: Network, before?: Network): FieldIssue[] {
  return RULES
    .filter(({ fields }) => !before || fields.some((field) => isChanged(field, network, before)))
    .flatMap(({ find }) => find(network, before) ?? []);
}

/** Whether a field below `spec` is another one than before. */
export function isChanged(field: string, network: Network, before: Network): boolean {
  return !sameValue(valueAt(network.spec, field), valueAt(before.spec, field));
}

const RULES: readonly NetworkRule[] = [
  {
    fields: ["NetworkID"],
    // A TenantNetwork may get it from a TenantConfig.
    find: ({ kind, spec }) =>
      kind === "TenantNetwork" || spec.NetworkID ? undefined : wrong("NetworkID", "must be set"),
  },
  {
    fields: ["NetworkID", "Options.host_device", "Options.vlan", "Options.vxlan"],
    find: ({ spec: { NetworkID: id = "", Options: { host_device, vlan, vxlan } } }) =>
      host_device && (vlan ?? vxlan) !== undefined && id.length > MAX_LINK_NETWORK_ID
        ? wrong("NetworkID", `${id} must not have more than 10 characters: the VLAN or VxLAN link is named after it`)
        : undefined,
  },
  {
    fields: ["NetworkType"],
    find: ({ spec: { NetworkType: type } }) =>
      (REFUSED_NETWORK_TYPES as readonly string[]).includes(type)
        ? wrong("NetworkType", `${type} is no plugin that makes interfaces`)
        : undefined,
  },
  {
    fields: ["NetworkType", "Options.host_device"],
    find: (network) =>
      isSriov(network) && network.spec.Options.host_device
        ? wrong("Options.host_device", "must not be set for NetworkType sriov, whose devices are of device_pool")
        : undefined,
  },
  {
    fields: ["NetworkType", "Options.device_pool"],
    find: (network) =>
      isSriov(network) && !network.spec.Options.device_pool
        ? wrong("Options.device_pool", "must be set for NetworkType sriov")
        : undefined,
  },
  exclusive("Options.host_device", "Options.device_pool"),
  exclusive("Options.vlan", "Options.vxlan"),
  {
    fields: ["Options.rt_tables"],
    find: ({ spec: { Options: { rt_tables: table } } }) =>
      table !== undefined && table >= 253 && table <= 255
        ? wrong("Options.rt_tables", `${table} is a table of the kernel; 1 to 252 and from 256 on are accepted`)
        : undefined,
  },
  {
    fields: ["AllowedTenants"],
    find: ({ kind, spec }) =>
      kind !== "ClusterNetwork" && spec.AllowedTenants?.length
        ? wrong("AllowedTenants", `must not be set on a ${kind}, only on a ClusterNetwork`)
        : undefined,
  },
  {
    fields: ["Options.address_space"],
    find: ({ spec: { Options: { address_space: now = "none" } } }, before) =>
      before
        ? wrong(
          "Options.address_space",
          `must not change from ${
            before.spec.Options.address_space ?? "none"
          } to ${now}: held addresses are locked under it`,
        )
        : undefined,
  },
  boundedRoutes("routes"),
  boundedRoutes("routes6"),
];

function isSriov({ spec }: Network): boolean {
  return backendOf(spec.NetworkType) === "sriov";
}

function wrong(field: string, reason: string): FieldIssue {
  return { field: `spec.${field}`, reason };
}

function exclusive(first: string, second: string): NetworkRule {
  return {
    fields: [first, second],
    find: ({ spec }) =>
      valueAt(spec, first) !== undefined && valueAt(spec, second) !== undefined
        ? wrong(second, `must not be set together with ${first.slice(first.indexOf(".") + 1)}`)
        : undefined,
  };
}

function boundedRoutes(field: "routes" | "routes6"): NetworkRule {
  return {
    fields: [`Options.${field}`],
    find: ({ spec: { Options: { [field]: routes = {} } } }) =>
      Object.keys(routes).length > MAX_ROUTES
        ? wrong(`Options.${field}`, `has ${Object.keys(routes).length} routes, at most ${MAX_ROUTES} are accepted`)
        : undefined,
  };
}
