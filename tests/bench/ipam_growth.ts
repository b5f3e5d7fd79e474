import type { Progress } from "../support/progress.ts";
import { seededRandom } from "../support/seeded_random.ts";
import type { Load } from "./ipam_burst.ts";
import { type BenchNetworkName, readBenchNetwork, type Size } from "./ipam_cluster.ts";
import { type ExhaustedFigures, measureExhausted } from "./ipam_exhausted.ts";
import { Filler } from "./ipam_fill.ts";
import { measureMemory } from "./ipam_memory.ts";
import { compare, type Comparison, type Place } from "./ipam_place.ts";
import { CrowdedPool, type UtilisationFigures } from "./ipam_utilisation.ts";

const LOADS: readonly Load[] = [{ callers: 1, count: 60 }, { callers: 100, count: 200 }];
/** Allocations for each row of the utilisation's table. */
const SAMPLES = 200;
const PROCESSES = 5;
const REFUSED_CALLERS = 20;
const OTHER_NODE = "other";

/** What is measured while a cluster is filled. */
export interface GrowthFigures {
  /** An empty cluster (base) against one in which so many addresses are held. */
  readonly existing: readonly (Comparison & { readonly held: number })[];
  /** Peak memory of a process that takes one address, in bytes, in the empty cluster and in the other. */
  readonly memory: { readonly emptyBytes: number; readonly heldBytes: number; readonly held: number };
  readonly utilisation: readonly UtilisationFigures[];
  readonly exhausted: readonly ExhaustedFigures[];
}

/** What a growing number of held addresses changes: one cluster stays empty, another is filled. */
export class Growth {
  readonly #places: { readonly empty: Place; readonly filled: Place };
  readonly #size: Size;
  readonly #progress: Progress;
  readonly #random = seededRandom(8);
  readonly #filler: Filler;
  readonly #existing: (Comparison & { held: number })[] = [];
  readonly #utilisation: UtilisationFigures[] = [];

  private constructor(
    places: { empty: Place; filled: Place },
    options: { size: Size; progress: Progress; filler: Filler },
  ) {
    this.#places = places;
    this.#size = options.size;
    this.#progress = options.progress;
    this.#filler = options.filler;
  }

  /** Fills a cluster in which nothing is held, and measures on the way. */
  static async measure(
    places: { empty: Place; filled: Place },
    options: { size: Size; progress: Progress },
  ): Promise<GrowthFigures> {
    const kubeconfig = await places.filled.cluster.otherNode(OTHER_NODE);
    const filler = new Filler({ kubeconfig, node: OTHER_NODE });
    return await new Growth(places, { ...options, filler }).#run();
  }

  async #run(): Promise<GrowthFigures> {
    const { held } = this.#size;
    const small = await this.#pool("crowded");
    for (const share of [0.25, 0.4, 0.9]) await this.#measureAt(small, share);
    await this.#compareAt(0);
    const spread = await (await this.#pool("wide")).fill(held / 5);
    await this.#compareAt(spread.length);
    const mid = await this.#pool("mid", spread);
    const elsewhere = spread.length - mid.held.size;
    for (const share of [0.25, 0.4]) await this.#measureAt(mid, share);
    await mid.fill(held - elsewhere);
    await this.#compareAt(held);
    const memory = await this.#measureMemory();
    await this.#measureAt(mid, 0.9);
    const exhausted = await this.#measureExhausted(mid);
    return { existing: this.#existing, memory, utilisation: this.#utilisation, exhausted };
  }

  async #pool(name: BenchNetworkName, held: readonly bigint[] = []): Promise<CrowdedPool> {
    const network = await readBenchNetwork(this.#places.filled.caller.client, name);
    return new CrowdedPool(network, { filler: this.#filler, random: this.#random, held });
  }

  async #compareAt(held: number): Promise<void> {
    this.#progress(`ipam: an empty cluster against one with ${held} addresses held`);
    const { empty, filled } = this.#places;
    const contenders = { base: await empty.contender("wide"), other: await filled.contender("wide") };
    for (const one of await compare(contenders, { loads: LOADS, rounds: this.#size.rounds })) {
      this.#existing.push({ ...one, held });
    }
  }

  async #measureAt(pool: CrowdedPool, share: number): Promise<void> {
    this.#progress(`ipam: a pool of ${pool.capacity} addresses, ${share * 100} % held`);
    await pool.fill(Math.floor(share * pool.capacity));
    // A status names free addresses from 75 % on; before there is no difference.
    for (const withStatus of share < 0.75 ? [false] : [false, true]) {
      const figures = await pool.measure(this.#places.filled.caller, { share, samples: SAMPLES, withStatus });
      this.#utilisation.push(figures);
    }
  }

  async #measureMemory(): Promise<GrowthFigures["memory"]> {
    this.#progress("ipam: memory of a process");
    const { empty, filled } = this.#places;
    const [emptyBytes = 0, heldBytes = 0] = await measureMemory([empty.options, filled.options], PROCESSES);
    return { emptyBytes, heldBytes, held: this.#size.held };
  }

  async #measureExhausted(mid: CrowdedPool): Promise<ExhaustedFigures[]> {
    const { cluster, caller } = this.#places.filled;
    const network = await readBenchNetwork(caller.client, "full");
    const { first, last } = network.planned.subnet;
    const missing: bigint[] = [];
    for (let value = first; value <= last; value++) if (!mid.held.has(value)) missing.push(value);
    this.#progress("ipam: an exhausted pool");
    await mid.hold(missing);
    const count = Number(last - first) + 1;
    const found: ExhaustedFigures[] = [];
    for (const status of [undefined, { capacity: count, allocated: count }]) {
      found.push(await measureExhausted(cluster, { caller, network, status, callers: REFUSED_CALLERS }));
    }
    return found;
  }
}
