import { parseSubnet } from "../../ipam/parse_option.ts";
import { parseCidr4, parsePoolCidr6, parseRange } from "../../ipam/parse_pool.ts";
import { findSubnet } from "../../ipam/subnet.ts";
import { type Cidr, formatAddress, formatCidr } from "../../shared/schema/address.ts";
import { SchemaError } from "../../shared/schema/describe_issues.ts";
import type { AllocationPool, AllocationPoolV6, NetworkOptions } from "../../shared/schema/network.ts";

/** The pools of a network; one that it has not is undefined. */
export type Pools = {
  readonly [P in "allocation_pool" | "allocation_pool_v6"]: NetworkOptions[P] | undefined;
};

/**
 * The pools of a network with what is not set filled in. A pool that was filled in for an earlier `cidr` or `net6`, and
 * was left as it is, is derived anew: whoever changes a subnet need not know what was filled in.
 *
 * What makes no sense is left as it is, for those who judge it.
 *
 * @param before the options as they are stored
 */
export function planPools(options: NetworkOptions, before?: NetworkOptions): Pools {
  const [pool4, pool6] = [planPool4(options, before), planPool6(options, before)];
  return {
    allocation_pool: isUsable({ ...options, allocation_pool: pool4 }, 4) ? pool4 : options.allocation_pool,
    allocation_pool_v6: isUsable({ ...options, allocation_pool_v6: pool6 }, 6) ? pool6 : options.allocation_pool_v6,
  };
}

/** A stored pool that makes no sense would be a change, and refused, with anything added to it. */
function isUsable(options: NetworkOptions, family: 4 | 6): boolean {
  const usable = ifReadable(() => {
    findSubnet({ spec: { Options: options } }, { family, subject: "" });
    return true;
  });
  return usable ?? false;
}

function planPool4(options: NetworkOptions, before: NetworkOptions | undefined): AllocationPool | undefined {
  const cidr = findCidr4(options);
  const pool = renewed(options.allocation_pool, before?.allocation_pool, {
    from: before && findCidr4(before),
    to: cidr,
    isSet: Boolean(options.cidr),
  });
  return cidr ? withRange(pool, cidr) : pool;
}

function planPool6(options: NetworkOptions, before: NetworkOptions | undefined): AllocationPoolV6 | undefined {
  const given = options.allocation_pool_v6;
  const from = before && findPoolCidr6(before);
  const wasDerived = before && given?.cidr === before.allocation_pool_v6?.cidr && isDerivedCidr(before);
  const kept = wasDerived && given && (options.net6 !== before.net6 || options.cidr !== before.cidr)
    ? withoutBlanks({ ...given, cidr: undefined })
    : given;
  const to = findPoolCidr6({ ...options, allocation_pool_v6: kept });
  const pool = renewed(kept, before?.allocation_pool_v6, { from, to, isSet: Boolean(options.net6) });
  return to ? withRange({ ...pool, cidr: pool?.cidr || formatCidr(to) }, to) : pool;
}

/** A pool without the ends that were derived from a subnet which is another one now. */
function renewed<P extends AllocationPool>(
  pool: P | undefined,
  before: AllocationPool | undefined,
  subnet: { from: Cidr | undefined; to: Cidr | undefined; isSet: boolean },
): P | undefined {
  const { from, to, isSet } = subnet;
  if (!pool || !before || !from || (isSet && !to)) return pool;
  if (to && formatCidr(to) === formatCidr(from)) return pool;
  if (pool.start !== before.start || pool.end !== before.end) return pool;
  const { start, end } = rangeOf(from);
  if (before.start !== start || before.end !== end) return pool;
  return withoutBlanks({ ...pool, start: undefined, end: undefined });
}

function withRange<P extends AllocationPool>(pool: P | undefined, cidr: Cidr): P {
  const { start, end } = rangeOf(cidr);
  // A subset of AllocationPool is all that is added.
  return { ...pool, start: pool?.start || start, end: pool?.end || end } as P;
}

function rangeOf(cidr: Cidr): { start: string; end: string } {
  const { first, last } = parseRange(cidr, undefined, { subject: "", field: "" });
  const [start = "", end = ""] = [first, last].map((value) => formatAddress({ family: cidr.family, value }));
  return { start, end };
}

function isDerivedCidr(options: NetworkOptions): boolean {
  const derived = findPoolCidr6({ ...options, allocation_pool_v6: undefined });
  return derived !== undefined && options.allocation_pool_v6?.cidr === formatCidr(derived);
}

function findCidr4(options: NetworkOptions): Cidr | undefined {
  return ifReadable(() => parseCidr4(options, ""));
}

function findPoolCidr6(options: NetworkOptions): Cidr | undefined {
  return ifReadable(() => {
    const net6 = parseSubnet(options.net6, { subject: "", field: "net6", family: 6 });
    return net6 && parsePoolCidr6(net6, options, "");
  });
}

function ifReadable<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SchemaError) return undefined;
    throw error;
  }
}

/** Undefined where nothing is left. */
function withoutBlanks<P extends object>(pool: P): P | undefined {
  const left = Object.entries(pool).filter(([, value]) => value !== undefined && value !== "");
  return left.length === 0 ? undefined : Object.fromEntries(left) as P;
}
