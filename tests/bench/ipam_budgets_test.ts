import { assertEquals } from "@std/assert";
import type { IpamFigures } from "./ipam.ts";
import { ipamBudgets } from "./ipam_budgets.ts";
import type { UtilisationFigures } from "./ipam_utilisation.ts";

const NONE = { poolSizes: [], existing: [], utilisation: [], exhausted: [], plugins: [] };
const MEMORY = { held: 10, heldBytes: 1, emptyBytes: 1 };
const STEPS: IpamFigures["steps"] = { steps: [], wholeMs: 0, cpuMs: 0, runs: 0 };

function row(share: number, status: boolean, p50: number): UtilisationFigures {
  const summary = { count: 1, mean: p50, p50, p90: p50, p99: p50, max: p50 };
  return { capacity: 254, share, status, requests: summary, refused: 0, allocate: summary };
}

Deno.test("five requests are promised of a nearly full pool that has a status, and of no other", () => {
  const utilisation = [row(0.4, false, 1), row(0.9, false, 7), row(0.9, true, 6)];
  const budgets = ipamBudgets({ ...NONE, memory: MEMORY, steps: STEPS, utilisation });
  assertEquals(
    budgets.filter(({ what }) => what.startsWith("requests per")).map(({ what, limit, kept }) => [what, limit, kept]),
    [
      ["requests per allocation, median, 254 addresses, 40 % held", "1.2", true],
      ["requests per allocation, median, 254 addresses, 90 % held, with status", "5", false],
    ],
  );
});
