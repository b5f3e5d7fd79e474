import type { PoolStatus } from "../../shared/schema/network.ts";
import { subnetOf } from "../support/ipam/subnet_of.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { type Allocation, type NodeOptions, SimulatedNodes } from "./simulated_nodes.ts";
import { SimulatedPool } from "./simulated_pool.ts";

const SIGNAL = new AbortController().signal;

/** Allocations one after the other that see the same status: one every two seconds, status every 30 s. */
const CALM_PER_STATUS = 15;

/** Allocations one after the other in one pool. */
const CALLS = 60;

/** How full an empty pool becomes. */
const BELOW_HALF = 0.4;

/** Of the addresses that the allocator placed itself, the share that was released and taken again since. */
const CHURN = 0.2;

/** One thing to be simulated. */
export interface Scenario extends NodeOptions {
  /** Addresses of the pool: a power of two, less two. */
  readonly size: number;
  /** How many of them are held, from 0 to 1. */
  readonly share: number;
  /** Who placed them. */
  readonly placed: "allocator" | "random";
  /** Whether the network has a status. */
  readonly status: boolean;
  /** Callers at once that see the same status; undefined = one after the other, with as many releases. */
  readonly burst?: number;
}

/** Allocations of a scenario. They are the same for the same seed. */
export async function simulate(scenario: Scenario, options: { seed: number; samples: number }): Promise<Allocation[]> {
  const random = seededRandom(options.seed);
  const results: Allocation[] = [];
  const byAllocator = scenario.placed === "allocator";
  const subnet = subnetOf({ cidr: `10.0.0.0/${32 - Math.log2(scenario.size + 2)}` }, 4);
  while (results.length < options.samples) {
    const share = byAllocator ? 0 : scenario.share;
    const pool = new SimulatedPool(subnet, { share, random });
    const world = new SimulatedNodes(pool, { ...scenario, random });
    if (byAllocator) await place(world, { count: Math.floor(scenario.share * scenario.size) });
    const some = scenario.burst === undefined ? oneByOne(world, scenario) : allAtOnce(world, scenario, scenario.burst);
    results.push(...await some);
  }
  return results;
}

/** As many callers as there are free addresses at most, or as keep an empty pool less than half full. */
async function allAtOnce(
  world: SimulatedNodes,
  { size, share, nodes, status }: Scenario,
  burst: number,
): Promise<Allocation[]> {
  const free = share === 0 ? Math.ceil(size * BELOW_HALF) : size - world.pool.allocated;
  const callers = free === 0 ? burst : Math.min(burst, free);
  const now = status ? world.pool.status() : undefined;
  return await Promise.all(Array.from({ length: callers }, (_, at) => world.allocate(at % nodes, now)));
}

/** For every address that is taken one is released, so that the utilisation stays; where nothing is held, it grows. */
async function oneByOne(world: SimulatedNodes, { size, share, nodes, status }: Scenario): Promise<Allocation[]> {
  const results: Allocation[] = [];
  const calls = share === 0 ? Math.min(CALLS, Math.ceil(size * BELOW_HALF)) : CALLS;
  let now: PoolStatus | undefined;
  for (let at = 0; at < calls; at++) {
    if (status && at % CALM_PER_STATUS === 0) now = world.pool.status();
    const done = await world.allocate(at % nodes, now);
    results.push(done);
    if (!done.exhausted && share > 0) await world.pool.releaseAny(SIGNAL);
  }
  return results;
}

/** Fills a pool as nodes do that attach and detach. */
async function place(world: SimulatedNodes, { count }: { count: number }): Promise<void> {
  for (let at = 0; at < count; at++) await world.allocate(at % world.nodes, undefined);
  for (let at = 0; at < count * CHURN; at++) {
    await world.pool.releaseAny(SIGNAL);
    await world.allocate(at % world.nodes, undefined);
  }
}
