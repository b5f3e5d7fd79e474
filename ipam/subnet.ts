import {
  type Address,
  addressBits,
  AddressError,
  type Cidr,
  cidrContains,
  cidrEnd,
  cidrSize,
  formatAddress,
  formatCidr,
  parseAddress,
  parseCidr,
} from "../shared/schema/address.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import { MAX_ADDRESSES, type NetworkOptions } from "../shared/schema/network.ts";
import { hasBit } from "./bitmap.ts";

/** The addresses of one family of a network. */
export interface Subnet {
  readonly family: 4 | 6;
  /** `cidr` or `net6`. */
  readonly cidr: Cidr;
  /** First and last address of the pool, both included. */
  readonly first: bigint;
  readonly last: bigint;
  /** Addresses that nobody ever gets: network and broadcast address, first and last of a v6 pool CIDR. */
  readonly forbidden: ReadonlySet<bigint>;
  /** Addresses that are only given to who asks for them: the gateways of the network's routes. */
  readonly gateways: ReadonlySet<bigint>;
  /** Legacy bitmap; its bit 0 is `bitmapBase`. Set bits count as taken. */
  readonly bitmap?: { readonly text: string; readonly base: bigint } | undefined;
}

/**
 * The subnet of one family of a network, with its pool; undefined when the network has none.
 *
 * @param subject what the options belong to, for messages
 * @throws {SchemaError} naming the field that makes no sense
 */
export function findSubnet(options: NetworkOptions, family: 4 | 6, subject: string): Subnet | undefined {
  return family === 4 ? findSubnet4(options, subject) : findSubnet6(options, subject);
}

function findSubnet4(options: NetworkOptions, subject: string): Subnet | undefined {
  const cidr = parseField(options.cidr, { subject, field: "cidr", family: 4 });
  if (!cidr) return undefined;
  if (cidr.prefix < 9) {
    throw wrong(
      subject,
      "cidr",
      `${formatCidr(cidr)} is larger than /9, the largest subnet that can be allocated from`,
    );
  }
  const forbidden = edges(cidr);
  const pool = options.allocation_pool ?? {};
  return {
    family: 4,
    cidr,
    ...poolRange(cidr, { ...pool, subject, field: "allocation_pool" }),
    forbidden,
    gateways: gatewaysOf(options.routes, { subject, field: "routes", cidr }),
    bitmap: options.alloc ? { text: options.alloc, base: cidr.base } : undefined,
  };
}

function findSubnet6(options: NetworkOptions, subject: string): Subnet | undefined {
  const cidr = parseField(options.net6, { subject, field: "net6", family: 6 });
  if (!cidr) return undefined;
  const pool = options.allocation_pool_v6 ?? {};
  const poolCidr = parseField(pool.cidr, { subject, field: "allocation_pool_v6.cidr", family: 6 }) ??
    derivePool(cidr, options, subject);
  if (poolCidr.prefix < cidr.prefix || !cidrContains(cidr, { family: 6, value: poolCidr.base })) {
    throw wrong(subject, "allocation_pool_v6.cidr", `${formatCidr(poolCidr)} is not inside net6 ${formatCidr(cidr)}`);
  }
  if (cidrSize(poolCidr) > MAX_ADDRESSES - size4(options, subject)) {
    throw wrong(subject, "allocation_pool_v6.cidr", `with cidr it exceeds 2^23 addresses`);
  }
  return {
    family: 6,
    cidr,
    ...poolRange(poolCidr, { ...pool, subject, field: "allocation_pool_v6" }),
    forbidden: edges(poolCidr),
    gateways: gatewaysOf(options.routes6, { subject, field: "routes6", cidr }),
    bitmap: options.alloc6 ? { text: options.alloc6, base: poolCidr.base } : undefined,
  };
}

/** The first subnet of `net6` that fits into what `cidr` leaves of 2^23 addresses: the shortest prefix from /105 on. */
function derivePool(net6: Cidr, options: NetworkOptions, subject: string): Cidr {
  const left = MAX_ADDRESSES - size4(options, subject);
  for (let prefix = Math.max(105, net6.prefix); prefix <= 128; prefix++) {
    if (cidrSize({ family: 6, prefix }) <= left) return { family: 6, base: net6.base, prefix, host: net6.base };
  }
  throw wrong(subject, "net6", "cidr leaves no room for IPv6 addresses: together they may have 2^23");
}

function size4(options: NetworkOptions, subject: string): bigint {
  const cidr = parseField(options.cidr, { subject, field: "cidr", family: 4 });
  return cidr ? cidrSize(cidr) : 0n;
}

/** First and last address, unless the subnet is a point-to-point link or a single host (RFC 3021, RFC 6164). */
function edges(cidr: Cidr): ReadonlySet<bigint> {
  return new Set(addressBits(cidr.family) - cidr.prefix <= 1 ? [] : [cidr.base, cidrEnd(cidr)]);
}

interface PoolField {
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly subject: string;
  readonly field: string;
}

function poolRange(cidr: Cidr, pool: PoolField): { first: bigint; last: bigint } {
  const inset = addressBits(cidr.family) - cidr.prefix <= 1 ? 0n : 1n;
  const first = poolEnd(cidr, pool, "start") ?? cidr.base + inset;
  const last = poolEnd(cidr, pool, "end") ?? cidrEnd(cidr) - inset;
  if (first > last) {
    const [start, end] = [first, last].map((value) => formatAddress({ family: cidr.family, value }));
    throw wrong(pool.subject, pool.field, `start ${start} is behind end ${end}`);
  }
  return { first, last };
}

function poolEnd(cidr: Cidr, pool: PoolField, end: "start" | "end"): bigint | undefined {
  const text = pool[end];
  if (!text) return undefined;
  const field = `${pool.field}.${end}`;
  const address = parsing(() => parseAddress(text), pool.subject, field);
  if (!cidrContains(cidr, address)) throw wrong(pool.subject, field, `${text} is not inside ${formatCidr(cidr)}`);
  return address.value;
}

function gatewaysOf(
  routes: Readonly<Record<string, string>> | undefined,
  at: { subject: string; field: string; cidr: Cidr },
): ReadonlySet<bigint> {
  const gateways = Object.entries(routes ?? {}).map(([destination, gateway]) => {
    const field = `${at.field}[${destination}]`;
    const to = parsing(() => parseCidr(destination), at.subject, field);
    if (to.family !== at.cidr.family) throw wrong(at.subject, field, `${destination} is of the other family`);
    const address = parsing(() => parseAddress(gateway), at.subject, field);
    if (!cidrContains(at.cidr, address)) {
      throw wrong(at.subject, field, `gateway ${gateway} is not inside ${formatCidr(at.cidr)}`);
    }
    return address.value;
  });
  return new Set(gateways);
}

function parseField(
  text: string | undefined,
  at: { subject: string; field: string; family: 4 | 6 },
): Cidr | undefined {
  if (!text) return undefined;
  const cidr = parsing(() => parseCidr(text), at.subject, at.field);
  if (cidr.family !== at.family) throw wrong(at.subject, at.field, `${text} is not an IPv${at.family} subnet`);
  return cidr;
}

function parsing<T>(parse: () => T, subject: string, field: string): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AddressError) throw wrong(subject, field, error.message);
    throw error;
  }
}

function wrong(subject: string, field: string, reason: string): SchemaError {
  return new SchemaError(subject, [{ field: `spec.Options.${field}`, reason }]);
}

/** Whether the address may be given to somebody who did not ask for it. */
export function isDynamic(subnet: Subnet, value: bigint): boolean {
  return value >= subnet.first && value <= subnet.last && !subnet.forbidden.has(value) &&
    !subnet.gateways.has(value) && !isInBitmap(subnet, value);
}

/** Whether a legacy bitmap says that the address is taken. */
export function isInBitmap(subnet: Subnet, value: bigint): boolean {
  const { bitmap } = subnet;
  return bitmap !== undefined && value >= bitmap.base && hasBit(bitmap.text, Number(value - bitmap.base));
}

/** Number of addresses between the ends of the pool, reserved ones included. */
export function poolSize(subnet: Subnet): number {
  return Number(subnet.last - subnet.first + 1n);
}

/** An address of the subnet in the form that goes onto an interface: with the prefix length of the network. */
export function withPrefix(subnet: Subnet, value: bigint): string {
  return `${formatAddress({ family: subnet.family, value })}/${subnet.cidr.prefix}`;
}

/**
 * The static address that a Pod asks for, checked against the subnet.
 *
 * @param text canonical address, with or without a prefix length; one that is given must be the network's
 * @throws {SchemaError} naming the field and what would be accepted
 */
export function parseStatic(subnet: Subnet, text: string, at: { subject: string; field: string }): bigint {
  const cidr = formatCidr(subnet.cidr);
  const address = parseWritten(subnet, text, at);
  if (!cidrContains(subnet.cidr, address)) {
    throw new SchemaError(at.subject, [{ field: at.field, reason: `${text} is not inside ${cidr}` }]);
  }
  if (subnet.forbidden.has(address.value)) {
    const reason = `${text} is the network or broadcast address of ${cidr}, or the first or last of its pool's subnet`;
    throw new SchemaError(at.subject, [{ field: at.field, reason }]);
  }
  return address.value;
}

function parseWritten(subnet: Subnet, text: string, at: { subject: string; field: string }): Address {
  try {
    return text.includes("/") ? parsePrefixed(subnet, text, at) : parseAddress(text);
  } catch (error) {
    if (error instanceof AddressError) throw new SchemaError(at.subject, [{ field: at.field, reason: error.message }]);
    throw error;
  }
}

function parsePrefixed(subnet: Subnet, text: string, at: { subject: string; field: string }): Address {
  const { prefix, host, family } = parseCidr(text);
  if (prefix !== subnet.cidr.prefix) {
    const reason = `prefix length of ${text} is not the network's, which is /${subnet.cidr.prefix}`;
    throw new SchemaError(at.subject, [{ field: at.field, reason }]);
  }
  return { family, value: host };
}
