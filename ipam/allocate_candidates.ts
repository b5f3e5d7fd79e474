import { nextDynamic } from "./next_dynamic.ts";
import { isDynamic, isInPool, poolSize, type Subnet } from "./subnet.ts";

/** What a choice of the first candidate starts from. */
export interface Start {
  /** The last address that this node took; one outside of the pool was of another pool, and counts as none. */
  readonly lastTaken?: bigint | undefined;
  /** Addresses of the pool that this node freed last, the latest first. Default: none. */
  readonly freed?: readonly bigint[];
  /** A number of this node's own, from 0 up to 1, that spreads nodes over a pool. */
  readonly nodeOffset: number;
}

/**
 * The first address to try: the one behind the last that this node took, so that a node uses a released address again
 * as late as it can; without one the node's own place in the pool, so that nodes do not meet at its start. Where the
 * pool has nothing but what the node freed last, the one that it freed longest ago.
 *
 * @returns undefined when the pool has nothing to give
 */
export function firstCandidate(subnet: Subnet, { lastTaken, freed = [], nodeOffset }: Start): bigint | undefined {
  const place = subnet.first + BigInt(Math.floor(nodeOffset * poolSize(subnet)));
  const from = lastTaken === undefined || !isInPool(subnet, lastTaken) ? place : lastTaken + 1n;
  return stepBehind(subnet, { from, tried: new Set(freed) }) ?? freed.at(-1);
}

/**
 * Another address at random, other than those tried before. `random` answers numbers from 0 up to 1.
 *
 * @returns undefined when all that the pool may give were tried
 */
export function randomCandidate(subnet: Subnet, tried: ReadonlySet<bigint>, random: () => number): bigint | undefined {
  const from = subnet.first + BigInt(Math.floor(random() * poolSize(subnet)));
  const next = nextDynamic(subnet, from);
  if (next === undefined || next === from && !tried.has(from)) return next;
  return drawBehind(subnet, { from: next, tried, random }) ?? stepBehind(subnet, { from: next, tried });
}

interface Behind {
  readonly from: bigint;
  readonly tried: ReadonlySet<bigint>;
}

/**
 * A draw from ever shorter ranges: where a legacy bitmap leaves one short run of addresses, the next that is free from
 * anywhere is the first of that run, and everybody would want that one.
 */
function drawBehind(subnet: Subnet, { from, tried, random }: Behind & { random: () => number }): bigint | undefined {
  for (let range = poolSize(subnet); range >= 1; range = Math.floor(range / 2)) {
    const drawn = from + BigInt(Math.floor(random() * range));
    const value = drawn > subnet.last ? subnet.first + (drawn - subnet.last - 1n) : drawn;
    if (isDynamic(subnet, value) && !tried.has(value)) return value;
  }
  return undefined;
}

/** The next that was not tried: each step is another address, so that more steps than tries find one or none is left. */
function stepBehind(subnet: Subnet, { from, tried }: Behind): bigint | undefined {
  let value = nextDynamic(subnet, from);
  for (let step = 0; step <= tried.size && value !== undefined; step++) {
    if (!tried.has(value)) return value;
    value = nextDynamic(subnet, value + 1n);
  }
  return undefined;
}

/** All free addresses of a pool, in order, when all that are held are known. For pools that are small. */
export function freeAddresses(subnet: Subnet, held: ReadonlySet<bigint>): bigint[] {
  const free: bigint[] = [];
  for (let value = subnet.first; value <= subnet.last; value++) {
    if (!held.has(value) && isDynamic(subnet, value)) free.push(value);
  }
  return free;
}

/** A copy in random order. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const mixed = [...items];
  for (let left = mixed.length - 1; left > 0; left--) {
    const at = Math.floor(random() * (left + 1));
    [mixed[left], mixed[at]] = [mixed[at] as T, mixed[left] as T];
  }
  return mixed;
}
