import { inspectNetwork } from "../../ipam/inspect.ts";
import { countDynamic } from "../../ipam/next_dynamic.ts";
import { renderPoolStatus } from "../../ipam/render_pool_status.ts";
import type { DanmIp } from "../../shared/schema/danm_ip.ts";
import type { PoolStatus } from "../../shared/schema/network.ts";
import type { Caller, Taken } from "./ipam_caller.ts";
import type { BenchNetwork } from "./ipam_cluster.ts";
import { chooseAddresses, type Filler, heldSpec } from "./ipam_fill.ts";
import { summarize, type Summary } from "./statistics.ts";

/** What allocating from a pool costs of which a share is held, at random. */
export interface UtilisationFigures {
  /** Addresses that the pool may give. */
  readonly capacity: number;
  readonly share: number;
  /** Whether the callers had the status that the cleaner keeps. */
  readonly status: boolean;
  readonly requests: Summary;
  /** Allocations that were told that the pool is exhausted, which it was not. */
  readonly refused: number;
  readonly allocate: Summary;
}

/** A pool that others fill up at random. */
export class CrowdedPool {
  readonly #network: BenchNetwork;
  readonly #filler: Filler;
  readonly #random: () => number;
  readonly #held: Set<bigint>;

  /** @param options.held what is held of it already */
  constructor(
    network: BenchNetwork,
    options: { filler: Filler; random: () => number; held?: readonly bigint[] },
  ) {
    const { subnet } = network.planned;
    this.#network = network;
    this.#filler = options.filler;
    this.#random = options.random;
    this.#held = new Set(options.held?.filter((value) => value >= subnet.first && value <= subnet.last));
  }

  /** What is held by others. */
  get held(): ReadonlySet<bigint> {
    return this.#held;
  }

  /** Addresses that the pool may give. */
  get capacity(): number {
    return countDynamic(this.#network.planned.subnet);
  }

  /** Lets others hold addresses at random until so many are held; returns those that came. */
  async fill(count: number): Promise<bigint[]> {
    const { subnet } = this.#network.planned;
    const missing = Math.max(0, count - this.#held.size);
    const values = chooseAddresses(subnet, { count: missing, held: this.#held, random: this.#random });
    await this.hold(values);
    return values;
  }

  /** Lets others hold these addresses. */
  async hold(values: readonly bigint[]): Promise<void> {
    await this.#filler.hold(this.#network, values);
    for (const value of values) this.#held.add(value);
  }

  /** The status that the cleaner would write now. */
  status(): PoolStatus {
    const { network, planned } = this.#network;
    const danmIps = this.#held.values().map((value): DanmIp => {
      const spec = heldSpec(this.#network, { value, node: "other" });
      return { metadata: { name: `${value}` }, spec };
    });
    const { inspections } = inspectNetwork(network, { danmIps, subject: network.metadata.name });
    const inspection = inspections.find(({ subnet }) => subnet.family === planned.family);
    if (!inspection) throw new Error("the network has no such subnet");
    return renderPoolStatus(inspection, this.#random);
  }

  /** Takes addresses one at a time, each given back before the next, so that the share that is held stays. */
  async measure(
    caller: Caller,
    { share, samples, withStatus }: { share: number; samples: number; withStatus: boolean },
  ): Promise<UtilisationFigures> {
    const status = withStatus ? this.status() : undefined;
    const taken: Taken[] = [];
    for (let sample = 0; sample < samples; sample++) {
      const one = await caller.allocate(this.#network, { status });
      await caller.release(one);
      taken.push(one);
    }
    return {
      capacity: this.capacity,
      share,
      status: withStatus,
      requests: summarize(taken.map(({ requests }) => requests)),
      refused: taken.filter(({ value }) => value === undefined).length,
      allocate: summarize(taken.map(({ ms }) => ms)),
    };
  }
}
