import { findSubnet, type Subnet } from "../../ipam/subnet.ts";
import { cidrContains, formatCidr } from "../../shared/schema/address.ts";
import { SchemaError } from "../../shared/schema/describe_issues.ts";
import { findHostLink, type HostLink } from "../../shared/schema/host_link.ts";
import type { Network } from "../../shared/schema/network.ts";
import { spaceOf } from "../../shared/schema/space.ts";
import type { Denial, Verdict } from "../verdict.ts";

/** A network and whether its NetworkID comes from a TenantConfig. */
export interface LinkedNetwork {
  readonly network: Network;
  readonly mapped: boolean;
}

/**
 * Where the host link of a network collides with that of another one, and where both give out addresses of the same
 * wire. Whose the others are is not said: a tenant is not to learn of another's networks.
 */
export function planHostLinks(of: LinkedNetwork, others: readonly LinkedNetwork[]): Verdict {
  const denials = new Map<string, Denial>();
  const warnings = new Set<string>();
  for (const other of others) {
    const link = findCollision(of, other);
    const addresses = findOverlaps(of.network, other.network);
    for (const denial of [...(link ? [link] : []), ...addresses.denials]) denials.set(denial.field, denial);
    for (const warning of addresses.warnings) warnings.add(warning);
  }
  return { denials: [...denials.values()], warnings: [...warnings] };
}

function findCollision(of: LinkedNetwork, other: LinkedNetwork): Denial | undefined {
  const mine = findHostLink(of.network, of);
  const theirs = findHostLink(other.network, other);
  if (!mine || !theirs) return undefined;
  const isSameWire = mine.kind === theirs.kind && mine.device === theirs.device && mine.vni === theirs.vni;
  const isSameName = mine.names[0] === theirs.names[0];
  if (isSameWire === isSameName) return undefined;
  return isSameWire ? refuseName(of.network, mine) : refuseWire(mine, theirs);
}

function refuseName({ spec: { NetworkID } }: Network, { kind, vni, device }: HostLink): Denial {
  return {
    field: "spec.NetworkID",
    reason: `${NetworkID}: another network has ${kind} ${vni} on ${device} under another NetworkID`,
  };
}

function refuseWire({ kind, device, vni, names: [name] }: HostLink, theirs: HostLink): Denial {
  const other = `: another network has the host link ${name} `;
  return device === theirs.device
    ? { field: `spec.Options.${kind}`, reason: `${vni}${other}with another VNI; change NetworkID or ${kind}` }
    : {
      field: "spec.Options.host_device",
      reason: `${device}${other}on another device; change NetworkID or the device`,
    };
}

/**
 * What a network's host link, and who may have which address on it, is decided by, as a text: the same for networks
 * that differ in nothing of it. Pools count, not how they are written: a stored one may have been filled in meanwhile.
 */
export function wireFacts(network: Network): string {
  const { NetworkID, Options: { host_device, device_pool, vlan, vxlan } } = network.spec;
  const subnets = ([4, 6] as const).map((family) => {
    const subnet = findReadable(network, family);
    return subnet ? [formatCidr(subnet.cidr), String(subnet.first), String(subnet.last)] : [];
  });
  return JSON.stringify([NetworkID, host_device, device_pool, vlan, vxlan, ...subnets]);
}

const POOLS = { 4: "allocation_pool", 6: "allocation_pool_v6" } as const;
const SUBNETS = { 4: "cidr", 6: "net6" } as const;

/**
 * Networks of one wire that do not share their locks may give an address twice. Without a VNI the device's own network
 * is the wire; it may be another one on each host, so that is a warning.
 */
function findOverlaps(of: Network, other: Network): Verdict {
  const wire = wireOf(of);
  const overlaps: { denials: Denial[]; warnings: string[] } = { denials: [], warnings: [] };
  if (wire === undefined || wireOf(other) !== wire || spaceName(of) === spaceName(other)) return overlaps;
  const { vlan, vxlan } = of.spec.Options;
  const isTagged = (vlan ?? vxlan) !== undefined;
  for (const family of [4, 6] as const) {
    const [mine, theirs] = [of, other].map((network) => findReadable(network, family));
    if (!mine || !theirs) continue;
    const pool = `spec.Options.${POOLS[family]}`;
    if (mine.first <= theirs.last && theirs.first <= mine.last) {
      if (isTagged) overlaps.denials.push({ field: pool, reason: OVERLAPS });
      else overlaps.warnings.push(`${pool} overlaps with that of another network on the same device`);
    } else if (isTagged && (cidrContains(mine.cidr, edge(theirs)) || cidrContains(theirs.cidr, edge(mine)))) {
      overlaps.warnings.push(
        `spec.Options.${SUBNETS[family]} overlaps with that of another network on the same host link`,
      );
    }
  }
  return overlaps;
}

const OVERLAPS = "overlaps with the pool of another network with the same device and VNI: " +
  "take addresses that the other has not, or create both with the same address_space";

function wireOf({ spec: { Options: { host_device, device_pool, vlan, vxlan } } }: Network): string | undefined {
  const device = host_device ?? device_pool;
  return device && `${device} ${vlan ?? ""} ${vxlan ?? ""}`;
}

function spaceName({ kind, metadata: { namespace, name }, spec }: Network): string {
  return spaceOf({ kind, namespace, name, addressSpace: spec.Options.address_space });
}

function edge({ family, cidr: { base: value } }: Subnet): { family: 4 | 6; value: bigint } {
  return { family, value };
}

/** Nobody gets addresses of a subnet that makes no sense. */
function findReadable(network: Network, family: 4 | 6): Subnet | undefined {
  try {
    return findSubnet(network, { family, subject: "" });
  } catch (error) {
    if (error instanceof SchemaError) return undefined;
    throw error;
  }
}
