import { randomCandidate, shuffled } from "./allocate_candidates.ts";
import { parseFreeCandidates } from "./allocate_free_candidates.ts";
import type { PoolStatus } from "../shared/schema/network.ts";
import { poolSize, type Subnet } from "./subnet.ts";

/** How a free address is looked for. */
export interface ProbingPolicy {
  /** Pools up to this size are given from their first address on by a node that has taken none yet. */
  readonly startAtFirstUpTo: number;
  /** Pools up to this size are decided by a list of their addresses after some misses; larger ones never. */
  readonly listUpTo: number;
  /** Misses by name after which such a pool is listed. */
  readonly missesBeforeList: number;
  /** The same where status names free addresses. */
  readonly missesBeforeListWithCandidates: number;
  /** Misses by name after which a larger pool counts as exhausted. */
  readonly misses: number;
  /** The same when status knows of no free address. */
  readonly missesOfFull: number;
  /**
   * Addresses that status names are tried as long as this many misses of them are expected to cost less than trying at
   * random: misses × share of free addresses < trust.
   */
  readonly trust: number;
  /** Random probes before the first address that status names. */
  readonly randomFirst: number;
}

/** @see docs/decisions/0006-probing.md */
export const PROBING: ProbingPolicy = {
  startAtFirstUpTo: 1024,
  listUpTo: 1024,
  missesBeforeList: 3,
  missesBeforeListWithCandidates: 8,
  misses: 64,
  missesOfFull: 8,
  trust: 0.5,
  randomFirst: 0,
};

/** One search for a free address by name: what to try next, given that everything before was held. */
export class Probes {
  readonly #subnet: Subnet;
  readonly #policy: ProbingPolicy;
  readonly #random: () => number;
  readonly #tried = new Set<bigint>();
  readonly #known: bigint[];
  readonly #freeShare: number;
  #missesOfKnown = 0;
  #randomProbes = 0;
  readonly #limit: number;

  constructor(
    subnet: Subnet,
    options: { status: PoolStatus | undefined; policy: ProbingPolicy; random: () => number },
  ) {
    const { status, policy, random } = options;
    this.#subnet = subnet;
    this.#policy = policy;
    this.#random = random;
    this.#known = shuffled(parseFreeCandidates(subnet, status), random);
    this.#freeShare = freeShareOf(status);
    this.#limit = this.#limitOf(status);
  }

  /** Number of addresses tried. */
  get misses(): number {
    return this.#tried.size;
  }

  /** Notes that an address is held. */
  miss(value: bigint): void {
    this.#tried.add(value);
  }

  /** @returns undefined when no more should be tried by name */
  next(): bigint | undefined {
    if (this.#tried.size >= this.#limit) return undefined;
    return this.#nextKnown() ?? this.#nextRandom();
  }

  #nextKnown(): bigint | undefined {
    if (this.#randomProbes < this.#policy.randomFirst) return undefined;
    if (this.#missesOfKnown > 0 && this.#missesOfKnown * this.#freeShare >= this.#policy.trust) return undefined;
    for (let value = this.#known.pop(); value !== undefined; value = this.#known.pop()) {
      if (this.#tried.has(value)) continue;
      this.#missesOfKnown++;
      return value;
    }
    return undefined;
  }

  #nextRandom(): bigint | undefined {
    this.#randomProbes++;
    return randomCandidate(this.#subnet, this.#tried, this.#random);
  }

  #limitOf(status: PoolStatus | undefined): number {
    const { listUpTo, missesBeforeList, missesBeforeListWithCandidates, misses, missesOfFull } = this.#policy;
    const small = poolSize(this.#subnet) <= listUpTo;
    if (this.#known.length > 0) return small ? missesBeforeListWithCandidates : misses;
    if (status && status.allocated >= status.capacity) return small ? 1 : missesOfFull;
    return small ? missesBeforeList : misses;
  }
}

/** The share of a pool's addresses that are free, as far as status knows. */
function freeShareOf(status: PoolStatus | undefined): number {
  if (!status || status.capacity === 0) return 0;
  return Math.max(0, status.capacity - status.allocated) / status.capacity;
}
