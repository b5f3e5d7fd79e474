import type { AttachFigures } from "./attach.ts";
import { DANM } from "./attach_plugins.ts";
import type { LoggedFigures } from "./attach_steps.ts";
import { atLeast, atMost, type Budget, milliseconds, type Part, table } from "./report.ts";
import type { Summary } from "./statistics.ts";
import { renderSteps } from "./steps_report.ts";
import type { StormFigures } from "./storm.ts";
import { renderStorms } from "./storm_report.ts";

/** The figures of one kind of node. */
export interface AttachSeries {
  readonly where: string;
  readonly backend: "ipvlan" | "macvlan";
  readonly figures: readonly AttachFigures[];
  readonly logged: readonly LoggedFigures[];
  readonly storms: readonly StormFigures[];
}

/** What attaching and detaching cost, against its budget. */
export function reportAttach(series: readonly AttachSeries[]): Part {
  return { blocks: series.flatMap(renderSeries), budgets: series.flatMap(budgetsOf) };
}

function renderSeries({ where, figures, logged, storms }: AttachSeries): string[] {
  return [
    `## ADD and DEL: ${where}`,
    renderFigures(figures),
    `Requests and commands of \`${DANM}\`, by its log; stalled = with a request of over 30 ms behind the first:`,
    renderLogged(logged),
    ...(storms.length === 0 ? [] : [`## Storms of attaches: ${where}`, ...renderStorms(storms)]),
    ...logged.flatMap(({ interfaces, steps }) =>
      steps === undefined || interfaces > 3
        ? []
        : [`## Where the time of one ADD of \`${DANM}\` goes: ${interfaces} × macvlan`, ...renderSteps(steps)]
    ),
  ];
}

function renderFigures(figures: readonly AttachFigures[]): string {
  const times = ({ p50, p90, p99 }: Summary): string[] => [p50, p90, p99].map(milliseconds);
  return table(
    [
      "plugin",
      "interfaces",
      "calls",
      "ADD p50",
      "p90",
      "p99",
      "CPU of one",
      "DEL p50",
      "p90",
      "p99",
      "failures",
      "runs",
    ],
    figures.map((one) => [
      one.plugin,
      ...[one.interfaces, one.calls].map(String),
      ...times(one.add),
      milliseconds(one.addCpuMs),
      ...times(one.del),
      ...[one.failures, one.add.count].map(String),
    ]),
  );
}

function renderLogged(logged: readonly LoggedFigures[]): string {
  return table(
    ["interfaces", "requests", "in sequence", "commands", "of these delegates", "stalled ADDs"],
    logged.map((one) => [
      ...[one.interfaces, one.requests, one.requestsInSequence, one.commands, one.delegates].map(String),
      `${one.stalled} of ${one.runs} (${Math.round(one.stalled / one.runs * 100)} %)`,
    ]),
  );
}

/** What is promised of attaching; what other plugins need is no promise of ours. */
function budgetsOf({ where, backend, figures, logged, storms }: AttachSeries): Budget[] {
  const ours = figures.filter(({ plugin }) => plugin === DANM);
  const [one, three] = [1, 3].map((count) => ours.find(({ interfaces }) => interfaces === count));
  // Only macvlan has a delegate for each interface; one `ip -batch` makes all ipvlans.
  const extra = (interfaces: number): number => backend === "macvlan" ? interfaces : 1;
  const ms = { unit: " ms" };
  return [
    ...(backend === "macvlan" && one
      ? [atMost(`ADD of 1 interface (p50), ${where}`, 80, { found: one.add.p50, ...ms })]
      : []),
    ...(backend === "macvlan" && three
      ? [atMost(`ADD of 3 interfaces (p50), ${where}`, 130, { found: three.add.p50, ...ms })]
      : []),
    ...(one && three
      ? [atMost(`three interfaces in terms of one (p50), ${where}`, 1.5, { found: three.add.p50 / one.add.p50 })]
      : []),
    ...ours.map((at) => atMost(`failures, ${at.interfaces} interfaces, ${where}`, 0, { found: at.failures })),
    ...logged.map((at) =>
      atMost(`requests in sequence, ${at.interfaces} interfaces, ${where}`, 6, { found: at.requestsInSequence })
    ),
    ...logged.map((at) =>
      atMost(`commands, ${at.interfaces} interfaces, ${where}`, 2 + extra(at.interfaces), { found: at.commands })
    ),
    ...storms.filter(({ plugin }) => plugin === DANM).flatMap((storm) => [
      atLeast(`attaches/s in a storm, ${where}`, 16, { found: storm.attachesPerSecond }),
      atMost(`failures in a storm, ${where}`, 0, { found: storm.failures }),
      atMost(`duplicates in a storm, ${where}`, 0, { found: storm.duplicates }),
    ]),
  ];
}
