import { type Cidr, cidrContains, cidrEnd, formatAddress } from "../shared/schema/address.ts";
import type { Condition } from "../shared/schema/meta.ts";
import type { NetworkOptions } from "../shared/schema/network.ts";
import { hasBit } from "./bitmap.ts";
import { parseGateways, parseSubnet, wrongOption } from "./parse_option.ts";
import { edgesOf, parseCidr4, parsePoolCidr6, parseRange } from "./parse_pool.ts";

/** The addresses of one family of a network. */
export interface Subnet {
  readonly family: 4 | 6;
  /** `cidr` or `net6`. */
  readonly cidr: Cidr;
  /** First and last address of the pool, both included. */
  readonly first: bigint;
  readonly last: bigint;
  /** Addresses that nobody ever gets: network and broadcast address, first and last of a v6 pool CIDR, loopback. */
  readonly forbidden: ReadonlySet<bigint>;
  /** Addresses that are only given to who asks for them: the gateways of the network's routes. */
  readonly gateways: ReadonlySet<bigint>;
  /** Legacy bitmap: bit 0 is `base`, what it has beyond `last` means nothing. Set bits count as taken. */
  readonly bitmap?: { readonly text: string; readonly base: bigint; readonly last: bigint } | undefined;
}

/** What is read of a network object. */
export interface SubnetSource {
  readonly spec: { readonly Options: NetworkOptions };
  readonly status?: { readonly conditions?: readonly Pick<Condition, "type" | "status">[] | undefined } | undefined;
}

/**
 * Type of the condition that says, with status True, that all that the bitmaps of a network had taken is held by
 * DanmIps: its bitmaps are not read any more. Users cannot write conditions: they are in `status`.
 */
export const LEGACY_MIGRATED = "LegacyMigrated";

/**
 * The subnet of one family of a network, with its pool; undefined when the network has none.
 *
 * @param of `subject` is what the network is called in messages
 * @throws {SchemaError} naming the field that makes no sense
 */
export function findSubnet(network: SubnetSource, of: { family: 4 | 6; subject: string }): Subnet | undefined {
  const { Options: options } = network.spec;
  const subnet = of.family === 4 ? findSubnet4(options, of.subject) : findSubnet6(options, of.subject);
  return subnet && isMigrated(network) ? { ...subnet, bitmap: undefined } : subnet;
}

function isMigrated({ status }: SubnetSource): boolean {
  return status?.conditions?.some(({ type, status }) => type === LEGACY_MIGRATED && status === "True") ?? false;
}

function findSubnet4(options: NetworkOptions, subject: string): Subnet | undefined {
  const { allocation_pool: pool, routes } = options;
  const cidr = parseCidr4(options, subject);
  if (!cidr) {
    refuseWithout("cidr", { allocation_pool: [pool?.start, pool?.end], routes: Object.values(routes ?? {}) }, subject);
    return undefined;
  }
  return {
    family: 4,
    cidr,
    ...parseRange(cidr, pool, { subject, field: "allocation_pool" }),
    forbidden: new Set(edgesOf(cidr)),
    gateways: parseGateways(routes, { subject, field: "routes", cidr }),
    bitmap: bitmapOf(cidr, options.alloc),
  };
}

/** The kernel takes neither on a link (RFC 4291, 2.5.2 and 2.5.3). */
const UNSPECIFIED_AND_LOOPBACK = [0n, 1n];

function findSubnet6(options: NetworkOptions, subject: string): Subnet | undefined {
  const { allocation_pool_v6: pool, routes6 } = options;
  const cidr = parseSubnet(options.net6, { subject, field: "net6", family: 6 });
  if (!cidr) {
    const dependent = {
      allocation_pool_v6: [pool?.cidr, pool?.start, pool?.end],
      routes6: Object.values(routes6 ?? {}),
    };
    refuseWithout("net6", dependent, subject);
    return undefined;
  }
  const poolCidr = parsePoolCidr6(cidr, options, subject);
  // Its network address is every router's anycast address (RFC 4291, 2.6.1); there is no broadcast address.
  const network = edgesOf(cidr).slice(0, 1);
  const unusable = UNSPECIFIED_AND_LOOPBACK.filter((value) => cidrContains(cidr, { family: 6, value }));
  return {
    family: 6,
    cidr,
    ...parseRange(poolCidr, pool, { subject, field: "allocation_pool_v6" }),
    forbidden: new Set([...network, ...edgesOf(poolCidr), ...unusable]),
    gateways: parseGateways(routes6, { subject, field: "routes6", cidr }),
    bitmap: bitmapOf(poolCidr, options.alloc6),
  };
}

function bitmapOf(cidr: Cidr, text: string | undefined): Subnet["bitmap"] {
  return text ? { text, base: cidr.base, last: cidrEnd(cidr) } : undefined;
}

function refuseWithout(
  missing: "cidr" | "net6",
  fields: Readonly<Record<string, readonly (string | undefined)[]>>,
  subject: string,
): void {
  for (const [field, values] of Object.entries(fields)) {
    if (values.some(Boolean)) throw wrongOption({ subject, field }, `needs ${missing}, which is not set`);
  }
}

/** Whether the address may be given to somebody who did not ask for it. */
export function isDynamic(subnet: Subnet, value: bigint): boolean {
  return isInPool(subnet, value) && !subnet.forbidden.has(value) && !subnet.gateways.has(value) &&
    !isInBitmap(subnet, value);
}

/** Whether the address lies between the ends of the pool. */
export function isInPool({ first, last }: Subnet, value: bigint): boolean {
  return value >= first && value <= last;
}

/** Whether a legacy bitmap says that the address is taken. */
export function isInBitmap({ bitmap }: Subnet, value: bigint): boolean {
  if (!bitmap || value < bitmap.base || value > bitmap.last) return false;
  return hasBit(bitmap.text, Number(value - bitmap.base));
}

/** Number of addresses between the ends of the pool, reserved ones included. */
export function poolSize(subnet: Subnet): number {
  return Number(subnet.last - subnet.first + 1n);
}

/** An address of the subnet in the form that goes onto an interface: with the prefix length of the network. */
export function withPrefix(subnet: Subnet, value: bigint): string {
  return `${formatAddress({ family: subnet.family, value })}/${subnet.cidr.prefix}`;
}
