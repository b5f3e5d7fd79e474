/**
 * What a dynamic allocation asks of the API server: the real allocator against simulated pools of every size and
 * utilisation, and against other ways of looking for a free address. The same figures in every run.
 */
import { reuseTable } from "./probing_reuse.ts";
import { type Scenario, simulate } from "./probing_run.ts";
import { type Budget, type Part, table } from "./report.ts";
import type { Allocation } from "./simulated_nodes.ts";
import { summarize } from "./statistics.ts";

/**
 * Milliseconds that a request took against a real API server: a created DanmIp, one that exists, and the list of a pool
 * of 200 addresses in a cluster of 50,000 DanmIps (17 ms with none besides).
 */
const UNIT_MS = { created: 2.2, refused: 2.3, listed: 70 };

const NODES = 50;
const SIZES = [2, 14, 62, 254, 65_534, 8_388_606];
const SHARES = [0, 0.5, 0.9, 0.99, 1];
const AT_ONCE = 200;

/** Allocations of each cell, at least. */
const SAMPLES = 200;

type Base = Omit<Scenario, "share" | "size">;
const WITH: Base = { nodes: NODES, placed: "random", status: true };
const WITHOUT: Base = { ...WITH, status: false };

/** Columns of the table of sizes. Blind, without a `status`, is every network while nothing writes one. */
const COLUMNS: readonly [string, Base][] = [WITH, WITHOUT].flatMap((base) =>
  [undefined, AT_ONCE].flatMap((burst) =>
    [1, NODES].map((nodes): [string, Base] => [
      `${base.status ? "" : "blind, "}${burst === undefined ? "one by one" : "at once"}, ${nodes}`,
      { ...base, nodes, ...(burst !== undefined && { burst }) },
    ])
  )
);

/** The columns in which policies are compared. */
const COMPARED: readonly [string, Scenario][] = [
  ["14, 90 %, blind", { ...WITHOUT, size: 14, share: 0.9 }],
  ["14, full, blind", { ...WITHOUT, size: 14, share: 1 }],
  ["30, 90 %, blind", { ...WITHOUT, size: 30, share: 0.9 }],
  ["30, full, blind", { ...WITHOUT, size: 30, share: 1 }],
  ["254, 0 %, at once", { ...WITH, size: 254, share: 0, burst: AT_ONCE }],
  ["1,022, 99 %, blind", { ...WITHOUT, size: 1022, share: 0.99 }],
  ["254, 90 %", { ...WITH, size: 254, share: 0.9 }],
  ["254, 90 %, blind", { ...WITHOUT, size: 254, share: 0.9 }],
  ["4,094, 99 %, blind", { ...WITHOUT, size: 4094, share: 0.99 }],
  ["65,534, 90 %", { ...WITH, size: 65_534, share: 0.9 }],
  ["65,534, 90 %, 500 at once", { ...WITH, size: 65_534, share: 0.9, burst: 500 }],
  ["65,534, 90 %, blind", { ...WITHOUT, size: 65_534, share: 0.9 }],
  ["65,534, full, blind", { ...WITHOUT, size: 65_534, share: 1 }],
];

/** Other policies, each a change of the one that was chosen. */
const VARIANTS: readonly [string, Partial<Scenario>][] = [
  ["**chosen**", {}],
  [
    "before: pool start, no `status`, 3 misses then list, 24 in large pools",
    { status: false, startAtFirst: true, policy: { tryAllUpTo: 0, misses: 24, missesBeforeList: misses(3, 3, 3) } },
  ],
  ["start of the pool", { startAtFirst: true }],
  ["none by name alone", { policy: { tryAllUpTo: 0 } }],
  ["by name alone up to 32", { policy: { tryAllUpTo: 32 } }],
  ["list after 1 miss", { policy: { missesBeforeList: misses(1, 1, 1) } }],
  ["list after 8 misses", { policy: { missesBeforeList: misses(8, 8, 8) } }],
  ["no list above 256", { policy: { listUpTo: 256 } }],
  ["list up to 4,096", { policy: { listUpTo: 4096 } }],
  ["status before the hint", { hints: false }],
  ["status after 3 at random", { policy: { randomFirst: 3 } }],
  ["trust 0.1", { policy: { trust: 0.1 } }],
  ["trust 1", { policy: { trust: 1 } }],
  ["24 misses", { policy: { misses: 24 } }],
];

function misses(
  blind: number,
  roomy: number,
  named: number,
): { blind: number; roomy: number; named: number; full: number } {
  return { blind, roomy, named, full: Math.min(blind, 1) };
}

/** The simulation's part of the benchmark's report. */
export async function reportProbing(): Promise<Part> {
  const budgets: Budget[] = [];
  return {
    blocks: [
      "## Requests of a dynamic allocation (simulated)",
      `Addresses held at random places, *median / mean / 99th percentile* of requests; L = lists an ` +
      `allocation, ✗ = found none. One by one: 15 allocations and releases see the same \`status\`; at once: up to ` +
      `${AT_ONCE} callers do. Blind: without a \`status\`. The number is that of nodes.`,
      await sizesTable(budgets),
      "Placed by the allocator itself, with 20 % released and taken again since:",
      await placedTable(),
      "Of Pods that start on a node when another of its Pods has ended, the share that gets the address of that one:",
      await reuseTable(),
      `Other policies, ${NODES} nodes; *median of requests · mean ms*:`,
      await variantsTable(),
    ],
    budgets,
  };
}

async function sizesTable(budgets: Budget[]): Promise<string> {
  const rows: string[][] = [];
  for (const size of SIZES) {
    for (const share of SHARES) {
      const cells: string[] = [];
      for (const [, base] of COLUMNS) {
        const done = await simulate({ ...base, size, share }, { seed: 1, samples: SAMPLES });
        cells.push(cell(done));
        if (base.status) budgets.push(...budgetOf(done, { ...base, size, share }));
      }
      rows.push([size.toLocaleString("en"), share === 0 ? "0–40 %" : `${share * 100} %`, ...cells]);
    }
  }
  return table(["pool", "held", ...COLUMNS.map(([name]) => name)], rows);
}

async function placedTable(): Promise<string> {
  const rows: string[][] = [];
  for (const nodes of [1, NODES]) {
    for (const [size, share] of [[254, 0.5], [254, 0.9], [65_534, 0.5], [65_534, 0.9]] as const) {
      const cells: string[] = [];
      for (const status of [true, false]) {
        const scenario: Scenario = { nodes, placed: "allocator", size, share, status };
        cells.push(cell(await simulate(scenario, { seed: 1, samples: 60 })));
      }
      rows.push([size.toLocaleString("en"), `${share * 100} %`, String(nodes), ...cells]);
    }
  }
  return table(["pool", "held", "nodes", "one by one", "blind, one by one"], rows);
}

async function variantsTable(): Promise<string> {
  const rows: string[][] = [];
  for (const [name, change] of VARIANTS) {
    const cells: string[] = [];
    for (const [, scenario] of COMPARED) {
      const done = await simulate({ ...scenario, ...change }, { seed: 1, samples: SAMPLES });
      const ms = summarize(done.map(milliseconds)).mean;
      cells.push(`${summarize(done.map(requests)).p50} · ${ms.toFixed(ms < 10 ? 1 : 0)}${failed(done)}`);
    }
    rows.push([name, ...cells]);
  }
  return table(["", ...COMPARED.map(([name]) => name)], rows);
}

/** What was wanted: a median of 1.2 below 50 % and of 5 at 90 %, for every pool size, also at once. */
function budgetOf(done: readonly Allocation[], at: Scenario): Budget[] {
  const limit = at.share === 0 ? 1.2 : at.share === 0.9 ? 5 : undefined;
  if (limit === undefined) return [];
  const { p50 } = summarize(done.map(requests));
  const held = at.share === 0 ? "below 50 %" : "90 %";
  const what = `median of requests, pool of ${at.size.toLocaleString("en")}, ${held} held${
    at.burst === undefined ? "" : ", at once"
  }, nodes: ${at.nodes}`;
  return [{ what, limit: String(limit), found: String(p50), kept: p50 <= limit }];
}

function cell(done: readonly Allocation[]): string {
  const { p50, mean, p99 } = summarize(done.map(requests));
  const lists = summarize(done.map(({ listed }) => listed)).mean;
  return `${p50} / ${mean.toFixed(1)} / ${p99}${lists < 0.005 ? "" : ` L ${lists.toFixed(2)}`}${failed(done)}`;
}

function failed(done: readonly Allocation[]): string {
  const share = done.filter(({ exhausted }) => exhausted).length / done.length;
  return share === 0 ? "" : ` ✗ ${Math.ceil(share * 100)} %`;
}

function requests({ created, refused, listed }: Allocation): number {
  return created + refused + listed;
}

function milliseconds({ created, refused, listed }: Allocation): number {
  return created * UNIT_MS.created + refused * UNIT_MS.refused + listed * UNIT_MS.listed;
}
