import {
  addressBits,
  type Cidr,
  cidrContains,
  cidrEnd,
  cidrSize,
  formatAddress,
  formatCidr,
} from "../shared/schema/address.ts";
import { type AllocationPool, MAX_ADDRESSES, type NetworkOptions } from "../shared/schema/network.ts";
import { type OptionName, parseInside, parseSubnet, wrongOption } from "./parse_option.ts";

/** Shortest prefix of an IPv6 pool's subnet: 2^23 addresses. */
const SHORTEST_POOL_PREFIX = 105;

/**
 * `cidr` of a network.
 *
 * @throws {SchemaError}
 */
export function parseCidr4(options: NetworkOptions, subject: string): Cidr | undefined {
  const at = { subject, field: "cidr", family: 4 } as const;
  const cidr = parseSubnet(options.cidr, at);
  if (!cidr || cidrSize(cidr) <= MAX_ADDRESSES) return cidr;
  throw wrongOption(at, `${formatCidr(cidr)} is larger than /9, the largest subnet that can be allocated from`);
}

/**
 * The part of `net6` that the pool lies in: `allocation_pool_v6.cidr`, or without that the first subnet that fits into
 * what `cidr` leaves of 2^23 addresses.
 *
 * @throws {SchemaError}
 */
export function parsePoolCidr6(net6: Cidr, options: NetworkOptions, subject: string): Cidr {
  const cidr4 = parseCidr4(options, subject);
  const left = MAX_ADDRESSES - (cidr4 ? cidrSize(cidr4) : 0n);
  const at = { subject, field: "allocation_pool_v6.cidr", family: 6 } as const;
  const given = parseSubnet(options.allocation_pool_v6?.cidr, at);
  if (!given) return derivePoolCidr(net6, { left, subject });
  if (given.prefix < net6.prefix || !cidrContains(net6, { family: 6, value: given.base })) {
    throw wrongOption(at, `${formatCidr(given)} is not inside net6 ${formatCidr(net6)}`);
  }
  if (cidrSize(given) > left) throw wrongOption(at, "with cidr it exceeds 2^23 addresses");
  return given;
}

/** The shortest prefix from /105 on, not shorter than that of `net6`, that leaves the network within its limit. */
function derivePoolCidr(net6: Cidr, { left, subject }: { left: bigint; subject: string }): Cidr {
  for (let prefix = Math.max(SHORTEST_POOL_PREFIX, net6.prefix); prefix <= 128; prefix++) {
    if (cidrSize({ family: 6, prefix }) <= left) return { family: 6, base: net6.base, prefix, host: net6.base };
  }
  throw wrongOption(
    { subject, field: "net6" },
    "cidr leaves no room for IPv6 addresses: together they may have 2^23",
  );
}

/** First and last address of a subnet; none of a point-to-point link or a single host (RFC 3021, RFC 6164). */
export function edgesOf(cidr: Cidr): readonly bigint[] {
  return hasEdges(cidr) ? [cidr.base, cidrEnd(cidr)] : [];
}

function hasEdges(cidr: Cidr): boolean {
  return addressBits(cidr.family) - cidr.prefix > 1;
}

/**
 * First and last address of a pool: its `start` and `end`, and for one that is not given the outermost of `cidr` that
 * is no edge.
 *
 * @param cidr what the pool must be inside of
 * @throws {SchemaError}
 */
export function parseRange(
  cidr: Cidr,
  pool: Pick<AllocationPool, "start" | "end"> | undefined,
  at: OptionName,
): { first: bigint; last: bigint } {
  const inset = hasEdges(cidr) ? 1n : 0n;
  const bound = (end: "start" | "end"): bigint | undefined =>
    parseInside(cidr, pool?.[end], { ...at, field: `${at.field}.${end}` });
  const first = bound("start") ?? cidr.base + inset;
  const last = bound("end") ?? cidrEnd(cidr) - inset;
  if (first <= last) return { first, last };
  const [start, end] = [first, last].map((value) => formatAddress({ family: cidr.family, value }));
  throw wrongOption(at, `start ${start} is behind end ${end}`);
}
