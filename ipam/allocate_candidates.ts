import { isDynamic, poolSize, type Subnet } from "./subnet.ts";

/** Pools up to this size are decided by one list of their addresses after some misses; larger ones are only probed. */
export const SMALL_POOL = 1024;

/** Most addresses that are looked over, without a request, to find one that the pool may give. */
const MAX_LOOKS = 4096;

/** What a choice of the first candidate starts from. */
export interface Start {
  /** The last address that this node took from this pool. */
  readonly lastTaken?: bigint | undefined;
  /** A number of this node's own, from 0 up to 1, that spreads nodes over a large pool. */
  readonly nodeOffset: number;
}

/**
 * The first address to try: the one behind the last that this node took, so that a node uses a released address again
 * as late as it can; without one the start of a small pool, or the node's own place in a large one.
 *
 * @returns undefined when the pool has nothing to give
 */
export function firstCandidate(subnet: Subnet, start: Start): bigint | undefined {
  const size = poolSize(subnet);
  if (start.lastTaken !== undefined) return nextDynamic(subnet, start.lastTaken + 1n);
  return nextDynamic(subnet, subnet.first + (size <= SMALL_POOL ? 0n : BigInt(Math.floor(start.nodeOffset * size))));
}

/** Another address at random, other than those tried before. `random` answers numbers from 0 up to 1. */
export function randomCandidate(subnet: Subnet, tried: ReadonlySet<bigint>, random: () => number): bigint | undefined {
  const size = poolSize(subnet);
  for (let look = 0; look < 64; look++) {
    const candidate = nextDynamic(subnet, subnet.first + BigInt(Math.floor(random() * size)));
    if (candidate !== undefined && !tried.has(candidate)) return candidate;
  }
  return undefined;
}

/** The first free address of a pool, looked for from `from` on, when all that are taken are known. */
export function firstFree(subnet: Subnet, taken: ReadonlySet<bigint>, from: bigint): bigint | undefined {
  const size = poolSize(subnet);
  for (let step = 0, at = from; step < size; step++, at++) {
    const value = at > subnet.last ? subnet.first + (at - subnet.last - 1n) : at;
    if (!taken.has(value) && isDynamic(subnet, value)) return value;
  }
  return undefined;
}

/** The first address from `from` on, around the end of the pool, that the pool may give. */
function nextDynamic(subnet: Subnet, from: bigint): bigint | undefined {
  const looks = Math.min(poolSize(subnet), MAX_LOOKS);
  let value = from < subnet.first || from > subnet.last ? subnet.first : from;
  for (let look = 0; look < looks; look++) {
    if (isDynamic(subnet, value)) return value;
    value = value === subnet.last ? subnet.first : value + 1n;
  }
  return undefined;
}
