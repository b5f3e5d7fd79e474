import { atLeast, atMost, type Budget, megabytes, milliseconds, type Part, table } from "./report.ts";
import type { Summary } from "./statistics.ts";
import type { RequestTimes, WebhookFigures } from "./webhook_figures.ts";

/** What admission costs, against its budget. */
export function reportWebhook(figures: WebhookFigures): Part {
  const { inProcess, throughApi, load, memory, tenants, use } = figures;
  return {
    blocks: [
      "## Webhook: one request at a time",
      renderTimes("in process", inProcess),
      renderTimes("creation through the API server", throughApi),
      "## Webhook: many at once, two replicas",
      table(
        ["requests at a time", "seconds", "objects/s", "admissions/s", "p50", "p99", "max", "lost"],
        [[
          String(load.callers),
          load.seconds.toFixed(0),
          load.objectsPerSecond.toFixed(0),
          load.admissionsPerSecond.toFixed(0),
          ...cells(load.times),
          String(load.lost),
        ]],
      ),
      `${tenants.count} TenantNetworks created at once: ${
        tenants.seconds.toFixed(1)
      } s, ${tenants.distinctVnis} VNIs, ${tenants.failures} failures.`,
      ...tenants.refusals.map((refusal) => `- ${refusal}`),
      "## Webhook: memory of a replica",
      table(["at rest", `after ${memory.admissions / 10} admissions`, `after ${memory.admissions}`], [
        [memory.restBytes, memory.warmBytes, memory.afterBytes].map((bytes) => `${megabytes(bytes)} MB`),
      ]),
      "## Webhook: deletion of a network, by DanmEps in the cluster",
      table(
        ["DanmEps", "not in use, p50", "p99", "max", "in use, p50", "p99", "max"],
        use.map(({ endpoints, free, used }) => [String(endpoints), ...cells(free), ...cells(used)]),
      ),
    ],
    budgets: webhookBudgets(figures),
  };
}

function webhookBudgets({ inProcess, throughApi, load, memory, tenants, use }: WebhookFigures): Budget[] {
  const [without, asked] = throughApi;
  return [
    ...inProcess.map(({ what, times }) => atMost(`${what} in process, p50`, 5, { found: times.p50, unit: " ms" })),
    ...(without && asked
      ? [atMost("what the webhook adds to a creation, p50", 25, {
        found: asked.times.p50 - without.times.p50,
        unit: " ms",
      })]
      : []),
    atMost("lost, 50 requests at a time", 0, { found: load.lost }),
    atMost("p99, 50 requests at a time", 2000, { found: load.times.p99, unit: " ms" }),
    atMost("memory, all admissions in terms of a tenth of them", 1.15, { found: memory.afterBytes / memory.warmBytes }),
    atLeast(`VNIs of ${tenants.count} TenantNetworks created at once`, tenants.count, { found: tenants.distinctVnis }),
    atMost("TenantNetworks created at once that failed", 0, { found: tenants.failures }),
    // Each takes the API server a look at all of them; deletions are rare.
    ...use.slice(-1).flatMap(({ endpoints, free, used }) => [
      atMost(`deletion, not in use, ${endpoints} DanmEps, p50`, 500, { found: free.p50, unit: " ms" }),
      atMost(`deletion, in use, ${endpoints} DanmEps, p50`, 500, { found: used.p50, unit: " ms" }),
    ]),
  ];
}

function renderTimes(what: string, rows: readonly RequestTimes[]): string {
  return table(
    [what, "p50", "p99", "max", "count"],
    rows.map(({ what, times }) => [what, ...cells(times), String(times.count)]),
  );
}

function cells({ p50, p99, max }: Summary): string[] {
  return [p50, p99, max].map(milliseconds);
}
