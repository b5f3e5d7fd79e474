import type { AttachFigures } from "./attach.ts";
import { atMost, type Budget, milliseconds, type Part, table } from "./report.ts";
import type { Summary } from "./statistics.ts";

/** The figures of one kind of node. */
export interface AttachSeries {
  readonly where: string;
  readonly figures: readonly AttachFigures[];
}

/** What attaching and detaching cost, against its budget. */
export function reportAttach(series: readonly AttachSeries[]): Part {
  return {
    blocks: series.flatMap(({ where, figures }) => [`## ADD and DEL: ${where}`, renderFigures(figures)]),
    budgets: series.flatMap(budgetsOf),
  };
}

function renderFigures(figures: readonly AttachFigures[]): string {
  const times = ({ p50, p90 }: Summary): string[] => [p50, p90].map(milliseconds);
  return table(
    ["interfaces", "ADD p50", "ADD p90", "DEL p50", "DEL p90", "requests", "in sequence", "commands", "runs"],
    figures.map((one) => [
      String(one.interfaces),
      ...times(one.add),
      ...times(one.del),
      ...[one.requests, one.requestsInSequence, one.commands, one.add.count].map(String),
    ]),
  );
}

function budgetsOf({ where, figures }: AttachSeries): Budget[] {
  const [one, three] = [1, 3].map((count) => figures.find(({ interfaces }) => interfaces === count));
  return [
    ...figures.map((at) =>
      atMost(`requests in sequence, ${at.interfaces} interfaces, ${where}`, 6, { found: at.requestsInSequence })
    ),
    ...figures.map((at) =>
      atMost(`commands, ${at.interfaces} interfaces, ${where}`, 2 * at.interfaces + 1, { found: at.commands })
    ),
    ...(one && three
      ? [atMost(`three interfaces in terms of one (p50), ${where}`, 1.5, { found: three.add.p50 / one.add.p50 })]
      : []),
  ];
}
