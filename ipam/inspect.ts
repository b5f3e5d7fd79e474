import { AddressError, cidrContains, parseAddress } from "../shared/schema/address.ts";
import type { DanmIp } from "../shared/schema/danm_ip.ts";
import type { Network } from "../shared/schema/network.ts";
import { spaceOf } from "../shared/schema/space.ts";
import { type ReservedReason, reservedReason } from "./reserved_reason.ts";
import { findSubnet, isInPool, type Subnet } from "./subnet.ts";

/** A held address. */
export interface Allocation {
  readonly value: bigint;
  /** Says who holds it: Pod, interface, node, sandbox, since when (`creationTimestamp`). */
  readonly danmIp: DanmIp;
  /** Whether it is held in another network of the same address space: that of `danmIp.spec`. */
  readonly ofOtherNetwork: boolean;
}

/** A subnet and who holds which of its addresses: what all questions about its addresses are asked of. */
export interface Inspection {
  readonly subnet: Subnet;
  /** In the order of addresses, each once. */
  readonly allocations: readonly Allocation[];
}

/** A DanmIp that is in no {@linkcode Inspection}, and why. */
export interface Stray {
  readonly danmIp: DanmIp;
  /** `outside`: of no subnet of this network (of another one of its address space, or the subnet was changed). */
  readonly reason: "malformed" | "outside" | "duplicate";
}

/** What an inspection starts from. */
export interface InspectOptions {
  /** Held addresses; those of other address spaces are passed over. */
  readonly danmIps: Iterable<DanmIp>;
  /** The network as messages name it. */
  readonly subject: string;
}

/**
 * Sorts the held addresses of a network by subnet and address, for the listing of `showalloc` and the status and the
 * decisions of the cleaner.
 *
 * @returns an inspection for each family that the network has, IPv4 first, and the DanmIps that belong to none
 * @throws {SchemaError} when the network's subnets make no sense
 */
export function inspectNetwork(
  network: Network,
  { danmIps, subject }: InspectOptions,
): { inspections: readonly Inspection[]; strays: readonly Stray[] } {
  const subnets = ([4, 6] as const).map((family) => findSubnet(network, { family, subject }))
    .filter((subnet) => subnet !== undefined);
  const bySubnet = subnets.map((subnet) => ({ subnet, allocations: new Map<bigint, Allocation>() }));
  const strays: Stray[] = [];
  const space = spaceOf({ kind: network.kind, ...network.metadata, addressSpace: network.spec.Options.address_space });
  for (const danmIp of danmIps) {
    if (danmIp.spec.space !== space) continue;
    const address = findAddress(danmIp);
    const home = address && bySubnet.find(({ subnet }) => cidrContains(subnet.cidr, address));
    if (!address || !home) strays.push({ danmIp, reason: address ? "outside" : "malformed" });
    else if (home.allocations.has(address.value)) strays.push({ danmIp, reason: "duplicate" });
    else {
      const { value } = address;
      home.allocations.set(value, { value, danmIp, ofOtherNetwork: !isOf(network, danmIp) });
    }
  }
  const inspections = bySubnet.map(({ subnet, allocations }) => ({ subnet, allocations: inOrder(allocations) }));
  return { inspections, strays };
}

function findAddress({ spec }: DanmIp): ReturnType<typeof parseAddress> | undefined {
  try {
    return parseAddress(spec.address);
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}

function isOf({ kind, metadata }: Network, { spec }: DanmIp): boolean {
  return spec.networkKind === kind && spec.networkName === metadata.name &&
    spec.networkNamespace === (metadata.namespace ?? "");
}

function inOrder(allocations: ReadonlyMap<bigint, Allocation>): Allocation[] {
  return [...allocations.values()].sort((a, b) => a.value < b.value ? -1 : 1);
}

/**
 * What an address of a subnet is. Being held comes before everything else: a gateway that a router Pod asked for is
 * allocated, and so is an address outside of the pool. `outside` is free for who asks for it by name.
 */
export type AddressState =
  | { readonly kind: "free" }
  | { readonly kind: "outside" }
  | { readonly kind: "reserved"; readonly reason: ReservedReason }
  | { readonly kind: "allocated"; readonly allocation: Allocation };

/**
 * What one address is, for who looks at a single one. Cheap: a binary search.
 *
 * @throws {RangeError} when the address is not of the subnet
 */
export function inspectAddress({ subnet, allocations }: Inspection, value: bigint): AddressState {
  if (!cidrContains(subnet.cidr, { family: subnet.family, value })) {
    throw new RangeError(`${value} is no address of the subnet that was inspected`);
  }
  const allocation = allocations[indexFrom(allocations, value)];
  return allocation?.value === value ? { kind: "allocated", allocation } : stateUnheld(subnet, value);
}

/** What an address is that nobody holds. */
export function stateUnheld(subnet: Subnet, value: bigint): Exclude<AddressState, { kind: "allocated" }> {
  const reason = reservedReason(subnet, value);
  if (reason !== undefined) return { kind: "reserved", reason };
  return { kind: isInPool(subnet, value) ? "free" : "outside" };
}

/** Index of the first allocation from an address on; their number when there is none. */
export function indexFrom(allocations: readonly Allocation[], value: bigint): number {
  let low = 0;
  let high = allocations.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = allocations[middle];
    if (at && at.value < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
