import { atOnce } from "./at_once.ts";
import type { Caller } from "./ipam_caller.ts";
import type { BenchNetwork } from "./ipam_cluster.ts";
import { summarize, type Summary } from "./statistics.ts";

/** What allocations and releases in bursts came to. */
export interface BurstFigures {
  readonly allocate: Summary;
  readonly release: Summary;
  readonly allocationsPerSecond: number;
  readonly releasesPerSecond: number;
  /** Of each allocation. */
  readonly requests: Summary;
}

/** How many owners take an address, and how many of them at once. */
export interface Load {
  readonly callers: number;
  readonly count: number;
}

/** Bursts of the same kind: addresses taken by many owners, then given back. */
export class Bursts {
  readonly #allocateMs: number[] = [];
  readonly #releaseMs: number[] = [];
  readonly #requests: number[] = [];
  #allocatingMs = 0;
  #releasingMs = 0;

  /**
   * Takes and gives back addresses once.
   *
   * @throws {Error} when the pool is exhausted or an address is given twice: then the figures mean nothing
   */
  async run(caller: Caller, network: BenchNetwork, { callers, count }: Load): Promise<void> {
    const owners = Array(count).fill(undefined);
    const began = performance.now();
    const taken = await atOnce(owners, { limit: callers, work: () => caller.allocate(network) });
    const allocated = performance.now();
    const releases = await atOnce(taken, { limit: callers, work: (one) => caller.release(one) });
    this.#releasingMs += performance.now() - allocated;
    this.#allocatingMs += allocated - began;
    const values = new Set(taken.map(({ value }) => value));
    if (values.has(undefined) || values.size !== count) throw new Error("an address was given twice, or not at all");
    this.#allocateMs.push(...taken.map(({ ms }) => ms));
    this.#requests.push(...taken.map(({ requests }) => requests));
    this.#releaseMs.push(...releases);
  }

  /** All bursts so far. @throws {RangeError} when there was none */
  figures(): BurstFigures {
    return {
      allocate: summarize(this.#allocateMs),
      release: summarize(this.#releaseMs),
      requests: summarize(this.#requests),
      allocationsPerSecond: this.#allocateMs.length / this.#allocatingMs * 1000,
      releasesPerSecond: this.#releaseMs.length / this.#releasingMs * 1000,
    };
  }
}

/** One of the things that are compared. */
export interface Contender {
  readonly caller: Caller;
  readonly network: BenchNetwork;
}

/**
 * Bursts of several contenders in turns, so that a machine that gets slower meanwhile makes all of them slower; who is
 * first changes from round to round. A first round, which fills caches, does not count.
 */
export async function interleave(
  contenders: readonly Contender[],
  { load, rounds }: { load: Load; rounds: number },
): Promise<BurstFigures[]> {
  const warmUp = new Bursts();
  for (const { caller, network } of contenders) await warmUp.run(caller, network, { ...load, count: load.callers });
  const series = contenders.map((contender) => ({ ...contender, bursts: new Bursts() }));
  for (let round = 0; round < rounds; round++) {
    for (const { caller, network, bursts } of round % 2 === 0 ? series : series.toReversed()) {
      await bursts.run(caller, network, load);
    }
  }
  return series.map(({ bursts }) => bursts.figures());
}
