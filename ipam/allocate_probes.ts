import { randomCandidate, shuffled } from "./allocate_candidates.ts";
import { CANDIDATES_FROM, parseFreeCandidates } from "./allocate_free_candidates.ts";
import type { PoolStatus } from "../shared/schema/network.ts";
import { poolSize, type Subnet } from "./subnet.ts";

/** How a free address is looked for. A miss is an address that was tried by name and is held. */
export interface ProbingPolicy {
  /** Pools up to this size are decided by trying every address by name. */
  readonly tryAllUpTo: number;
  /** Pools above that up to this size are decided by a list of their addresses after some misses; larger ones never. */
  readonly listUpTo: number;
  /** Misses after which such a pool is listed. */
  readonly missesBeforeList: {
    /** Nothing is known of the pool. */
    readonly blind: number;
    /** Status says that there is much to find at random. */
    readonly roomy: number;
    /** Status names free addresses. */
    readonly named: number;
    /** Status knows of no free address. */
    readonly full: number;
  };
  /** Misses after which a larger pool counts as exhausted, besides the addresses that this node freed last. */
  readonly misses: number;
  /** The same when status knows of no free address. */
  readonly missesOfFull: number;
  /**
   * In larger pools, addresses that status names are tried while misses among them × share of free addresses < trust: the more there is
   * to find at random, the sooner a status whose addresses others have taken meanwhile is given up.
   */
  readonly trust: number;
  /** Random probes before the first address that status names. */
  readonly randomFirst: number;
}

/**
 * The policy that measurement found best.
 *
 * @see docs/decisions/0006-probing.md
 */
export const PROBING: ProbingPolicy = {
  tryAllUpTo: 16,
  listUpTo: 1024,
  missesBeforeList: { blind: 3, roomy: 8, named: 4, full: 1 },
  misses: 64,
  missesOfFull: 8,
  trust: 0.25,
  randomFirst: 0,
};

/** What a search knows of a pool. */
export interface ProbesOptions {
  readonly status: PoolStatus | undefined;
  /** What this node freed last, the latest first: tried only if nothing else is left. Default: none. */
  readonly freed?: readonly bigint[];
  readonly policy: ProbingPolicy;
  readonly random: () => number;
}

/** One search for a free address by name: what to try next, given that everything before was held. */
export class Probes {
  readonly #subnet: Subnet;
  readonly #policy: ProbingPolicy;
  readonly #random: () => number;
  readonly #tried = new Set<bigint>();
  /** Those that were tried, and those that are not tried yet though they could be. */
  readonly #passedOver: Set<bigint>;
  readonly #freed: bigint[];
  readonly #named: bigint[];
  readonly #freeShare: number;
  #triedOfNamed = 0;
  #randomProbes = 0;
  #othersLeft = true;
  readonly #isListed: boolean;
  /** Of a pool that is listed status names all that is free, or so much that a list is better than a draw at random. */
  readonly #namedOnly: boolean;
  readonly #limit: number;

  constructor(subnet: Subnet, { status, freed = [], policy, random }: ProbesOptions) {
    const size = poolSize(subnet);
    this.#subnet = subnet;
    this.#policy = policy;
    this.#random = random;
    this.#freed = [...freed];
    this.#passedOver = new Set(freed);
    this.#named = shuffled(parseFreeCandidates(subnet, status), random);
    this.#freeShare = freeShareOf(status);
    this.#isListed = size > policy.tryAllUpTo && size <= policy.listUpTo;
    this.#namedOnly = this.#named.length > 0 && this.#isListed;
    this.#limit = size <= policy.tryAllUpTo ? Infinity : this.#limitOf(status);
  }

  /** Number of addresses tried. */
  get misses(): number {
    return this.#tried.size;
  }

  /** Whether every address that the pool may give was tried. */
  get triedAll(): boolean {
    return !this.#othersLeft && this.#freed.length === 0;
  }

  /** Notes that an address is held. */
  miss(value: bigint): void {
    this.#tried.add(value);
    this.#passedOver.add(value);
  }

  /** @returns undefined when no more should be tried by name: all were, or a list decides, or it is not worth more */
  next(): bigint | undefined {
    const value = this.#tried.size < this.#limit ? this.#nextOther() : undefined;
    if (value !== undefined) return value;
    return this.#isListed && this.#othersLeft ? undefined : this.#nextFreed();
  }

  #nextOther(): bigint | undefined {
    if (this.#randomProbes < this.#policy.randomFirst) return this.#nextRandom();
    return this.#nextNamed() ?? (this.#namedOnly ? undefined : this.#nextRandom());
  }

  #nextNamed(): bigint | undefined {
    const { trust } = this.#policy;
    if (!this.#namedOnly && this.#triedOfNamed > 0 && this.#triedOfNamed * this.#freeShare >= trust) return undefined;
    for (let value = this.#named.pop(); value !== undefined; value = this.#named.pop()) {
      if (this.#passedOver.has(value)) continue;
      this.#triedOfNamed++;
      return value;
    }
    return undefined;
  }

  #nextRandom(): bigint | undefined {
    this.#randomProbes++;
    const value = randomCandidate(this.#subnet, this.#passedOver, this.#random);
    this.#othersLeft = value !== undefined;
    return value;
  }

  /** The one that was freed longest ago. */
  #nextFreed(): bigint | undefined {
    for (let value = this.#freed.pop(); value !== undefined; value = this.#freed.pop()) {
      if (!this.#tried.has(value)) return value;
    }
    return undefined;
  }

  #limitOf(status: PoolStatus | undefined): number {
    const { missesBeforeList, misses, missesOfFull } = this.#policy;
    const full = isFull(status) && this.#named.length === 0;
    if (!this.#isListed) return full ? missesOfFull : misses;
    if (full) return missesBeforeList.full;
    if (this.#namedOnly) return missesBeforeList.named;
    return this.#freeShare > 1 - CANDIDATES_FROM ? missesBeforeList.roomy : missesBeforeList.blind;
  }
}

/** Whether status says that nothing of a pool is free. */
export function isFull(status: PoolStatus | undefined): boolean {
  return status !== undefined && status.allocated >= status.capacity;
}

/** The share of a pool's addresses that are free, as far as status knows. */
function freeShareOf(status: PoolStatus | undefined): number {
  if (!status || status.capacity === 0) return 0;
  return Math.max(0, status.capacity - status.allocated) / status.capacity;
}
