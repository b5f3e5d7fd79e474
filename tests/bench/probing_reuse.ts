import { MAX_FREED } from "../../ipam/allocate_freed.ts";
import { subnetOf } from "../support/ipam/subnet_of.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { table } from "./report.ts";
import { type NodeOptions, SimulatedNodes } from "./simulated_nodes.ts";
import { SimulatedPool } from "./simulated_pool.ts";

/** A nearly full pool, and a node on which Pods end and others start. */
interface ReuseScenario extends Omit<NodeOptions, "nodes"> {
  /** Addresses of the pool: a power of two, less two. */
  readonly size: number;
  /** Free ones, before one of the node's Pods ends. */
  readonly free: number;
  /** Pods of the node, all attached when the pool was no fuller. */
  readonly pods: number;
  /** Which of them ends: the same again and again, or any. */
  readonly ends: "newest" | "any";
  readonly status: boolean;
}

/** Pods that are started in place of others, in each of so many pools. */
const STARTS = 20;

/** Of Pods that start when another has ended, the share that gets its address though others are free. */
async function simulateReuse(
  scenario: ReuseScenario,
  { seed, samples }: { seed: number; samples: number },
): Promise<number> {
  const { size, free, pods, ends, status } = scenario;
  const random = seededRandom(seed);
  const subnet = subnetOf({ cidr: `10.0.0.0/${32 - Math.log2(size + 2)}` }, 4);
  let [started, again] = [0, 0];
  while (started < samples) {
    const pool = new SimulatedPool(subnet, { share: (size - free - pods) / size, random });
    const world = new SimulatedNodes(pool, { ...scenario, nodes: 1, random });
    const take = async (): Promise<bigint[]> => {
      const { value } = await world.allocate(0, status ? pool.status() : undefined);
      return value === undefined ? [] : [value];
    };
    const held: bigint[] = [];
    for (let pod = 0; pod < pods; pod++) held.push(...await take());
    for (let start = 0; start < STARTS && held.length > 0; start++) {
      const [ended = 0n] = held.splice(ends === "newest" ? -1 : Math.floor(random() * held.length), 1);
      await world.release(0, ended);
      const values = await take();
      started++;
      if (values.includes(ended)) again++;
      held.push(...values);
    }
  }
  return again / started;
}

/** Scenarios and how many freed addresses are remembered, as a table in Markdown. */
export async function reuseTable(): Promise<string> {
  const rows: string[][] = [];
  for (const [size, free, pods] of [[14, 3, 4], [254, 2, 1], [254, 2, 30], [254, 10, 30]] as const) {
    const cells: string[] = [];
    for (const remembered of [0, 1, MAX_FREED]) {
      for (const ends of ["newest", "any"] as const) {
        const scenario: ReuseScenario = { size, free, pods, ends, status: false, remembered };
        cells.push(`${(100 * await simulateReuse(scenario, { seed: 1, samples: 400 })).toFixed(0)} %`);
      }
    }
    rows.push([String(size), String(free), String(pods), ...cells]);
  }
  const heads = ["none remembered", "the last", `the last ${MAX_FREED}`];
  return table(
    ["pool", "free", "Pods", ...heads.flatMap((head) => [`${head}; newest ends`, `${head}; any ends`])],
    rows,
  );
}
