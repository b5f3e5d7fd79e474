import type { IpamFigures } from "./ipam.ts";
import { ipamBudgets } from "./ipam_budgets.ts";
import type { BurstFigures } from "./ipam_burst.ts";
import type { Comparison } from "./ipam_place.ts";
import { megabytes, milliseconds, type Part, table } from "./report.ts";
import type { Summary } from "./statistics.ts";
import { renderSteps } from "./steps_report.ts";
import { renderStorms } from "./storm_report.ts";

/** What taking addresses costs, against its budget. */
export function reportIpam(figures: IpamFigures): Part {
  return {
    blocks: [
      "## Addresses: the library against an API server",
      renderPoolSizes(figures.poolSizes),
      "## Addresses: by what is held in the cluster",
      renderExisting(figures.existing),
      renderMemory(figures.memory),
      "## Addresses: by how full the pool is",
      renderUtilisation(figures.utilisation),
      "## Addresses: an exhausted pool",
      renderExhausted(figures.exhausted),
      "## Addresses: whole plugins on a native node",
      ...renderStorms(figures.plugins),
      "## Where the time of one ADD of `danm-ipam` goes",
      ...renderSteps(figures.steps),
    ],
    budgets: ipamBudgets(figures),
  };
}

const BURST_HEAD = [
  "callers",
  "allocations/s",
  "p50",
  "p99",
  "requests p50",
  "mean",
  "max",
  "releases/s",
  "p50",
  "p99",
  "count",
];

function burstCells(callers: number, figures: BurstFigures): string[] {
  const { allocate, release, allocationsPerSecond, releasesPerSecond, requests } = figures;
  return [
    String(callers),
    allocationsPerSecond.toFixed(0),
    ...times(allocate),
    ...counts(requests),
    releasesPerSecond.toFixed(0),
    ...times(release),
    String(allocate.count),
  ];
}

function renderPoolSizes(comparisons: readonly Comparison[]): string {
  const rows = comparisons.flatMap(({ callers, base, other }) => [
    ["/24", ...burstCells(callers, base)],
    ["8M", ...burstCells(callers, other)],
  ]);
  return table(["pool", ...BURST_HEAD], rows);
}

function renderExisting(existing: IpamFigures["existing"]): string {
  const rows = existing.flatMap(({ held, callers, base, other }) => [
    ["0, at the same time", ...burstCells(callers, base)],
    [String(held), ...burstCells(callers, other)],
  ]);
  return table(["held", ...BURST_HEAD], rows);
}

function renderMemory({ emptyBytes, heldBytes, held }: IpamFigures["memory"]): string {
  return `Peak memory of a process that takes one address: ${megabytes(emptyBytes)} MB where none is held, ${
    megabytes(heldBytes)
  } MB where ${held} are.`;
}

function renderUtilisation(utilisation: IpamFigures["utilisation"]): string {
  return table(
    ["pool", "held", "status", "requests p50", "mean", "max", "p50", "p99", "refused", "count"],
    utilisation.map(({ capacity, share, status, requests, allocate, refused }) => [
      String(capacity),
      `${share * 100} %`,
      status ? "as the cleaner keeps it" : "none",
      ...counts(requests),
      ...times(allocate),
      ...[refused, allocate.count].map(String),
    ]),
  );
}

function renderExhausted(exhausted: IpamFigures["exhausted"]): string {
  return table(
    ["status", "given", "requests p50", "mean", "max", "p50", "p99", "lists sent", "lists served", "count"],
    exhausted.map(({ status, given, requests, answer, listsSent, listsServed }) => [
      status ? "as the cleaner keeps it" : "none",
      String(given),
      ...counts(requests),
      ...times(answer),
      ...[listsSent, listsServed, answer.count].map(String),
    ]),
  );
}

function times({ p50, p99 }: Summary): string[] {
  return [p50, p99].map(milliseconds);
}

function counts({ p50, mean, max }: Summary): string[] {
  return [String(p50), mean.toFixed(2), String(max)];
}
