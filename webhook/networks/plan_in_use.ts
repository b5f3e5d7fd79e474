import {
  AddressError,
  type Cidr,
  cidrContains,
  cidrEnd,
  formatAddress,
  parseAddress,
  parseCidr,
} from "../../shared/schema/address.ts";
import { findHostLink } from "../../shared/schema/host_link.ts";
import type { Network } from "../../shared/schema/network.ts";
import { isChanged } from "../../shared/schema/validate_network.ts";
import { valueAt } from "../../shared/schema/value_at.ts";
import type { StoredObject } from "../cluster.ts";
import type { Denial } from "../verdict.ts";

/** Pods that messages name. */
const NAMED_PODS = 3;

const GUARDED = ["NetworkType", "Options.host_device", "Options.device_pool", "Options.vlan", "Options.vxlan"];

/** Pods on a network: their names, `namespace/name`, and whether there may be more. */
export interface AttachedPods {
  readonly names: readonly string[];
  readonly more: boolean;
}

/**
 * The Pods of endpoints, each once.
 *
 * @param limit that the endpoints were listed with
 */
export function attachedPods(endpoints: readonly StoredObject[], limit?: number): AttachedPods {
  const names = new Set(endpoints.map(podOf));
  return { names: [...names].sort(), more: limit !== undefined && endpoints.length >= limit };
}

/** The Pods in words: `default/web-0, default/web-1, default/web-2 and 5 more`. */
export function describePods({ names, more }: AttachedPods): string {
  const others = names.length - NAMED_PODS;
  const shown = names.slice(0, NAMED_PODS).join(", ");
  if (others <= 0) return more ? `${shown} and more` : shown;
  return `${shown} and ${more ? "at least " : ""}${others} more`;
}

/** Fields below `spec` that changed, and that must not while Pods are attached. */
export function guardedChanges(network: Network, before: Network): string[] {
  const isNamedAfter = findHostLink(before) ?? findHostLink(network);
  return [...GUARDED, ...(isNamedAfter ? ["NetworkID"] : [])].filter((field) => isChanged(field, network, before));
}

/** The refusal of a change, for the Pods that it would cut off. */
export function refuseChange(field: string, change: { network: Network; before: Network; pods: AttachedPods }): Denial {
  const [from, to] = [change.before, change.network].map(({ spec }) => valueAt(spec, field) ?? "none");
  return {
    field: `spec.${field}`,
    reason: `must not change from ${from} to ${to} while Pods are attached: ${describePods(change.pods)}`,
  };
}

/** A subnet that does not have all the addresses any more that it had. */
export interface ShrunkSubnet {
  readonly field: "cidr" | "net6";
  readonly from: Cidr;
  /** Undefined: there is none any more. */
  readonly to: Cidr | undefined;
}

/** The subnets of a network that lose addresses by a change. */
export function shrunkSubnets(network: Network, before: Network): ShrunkSubnet[] {
  return (["cidr", "net6"] as const).flatMap((field) => {
    const [from, to] = [before, network].map(({ spec }) => findCidr(spec.Options[field]));
    if (!from) return [];
    const { family } = from;
    const isWhole = to &&
      [from.base, cidrEnd(from)].every((value) => cidrContains(to, { family, value }));
    return isWhole ? [] : [{ field, from, to }];
  });
}

/** The refusal of a smaller subnet, where endpoints have addresses that fall out of it; undefined where none has. */
export function refuseShrinking(
  { field, from, to }: ShrunkSubnet,
  endpoints: readonly StoredObject[],
): Denial | undefined {
  const attribute = field === "cidr" ? "Address" : "AddressIPv6";
  const out = endpoints.flatMap((endpoint) => {
    const text = valueAt(endpoint, `spec.Interface.${attribute}`);
    const address = typeof text === "string" ? findAddress(text) : undefined;
    const falls = address && cidrContains(from, address) && !(to && cidrContains(to, address));
    return falls ? [{ endpoint, text: formatAddress(address) }] : [];
  });
  const [first] = out;
  if (!first) return undefined;
  const others = attachedPods(out.map(({ endpoint }) => endpoint)).names.length - 1;
  const reason = `${first.text} would fall out, which Pod ${podOf(first.endpoint)} holds` +
    (others > 0 ? `; so would addresses of ${others} other Pods` : "");
  return { field: `spec.Options.${field}`, reason };
}

function podOf({ metadata, spec }: StoredObject): string {
  const pod = valueAt(spec, "Pod");
  // Endpoints without a Pod's name are of no release, but nobody is to be attached to nothing.
  return `${metadata.namespace}/${typeof pod === "string" && pod !== "" ? pod : `(endpoint ${metadata.name})`}`;
}

function findCidr(text: string | undefined): Cidr | undefined {
  return text ? ifReadable(() => parseCidr(text)) : undefined;
}

/** `none`, empty or no address at all is none. */
function findAddress(text: string): ReturnType<typeof parseAddress> | undefined {
  return ifReadable(() => parseAddress(text.split("/")[0] ?? ""));
}

function ifReadable<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}
