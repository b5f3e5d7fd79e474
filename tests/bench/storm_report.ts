import { milliseconds, table } from "./report.ts";
import type { Summary } from "./statistics.ts";
import { STORM, type StormFigures } from "./storm.ts";

/** A table of storms, and what the first call that failed answered, if one did. */
export function renderStorms(storms: readonly StormFigures[]): string[] {
  const rows = storms.map(({ plugin, add, del, attachesPerSecond, addCpuMs, failures, duplicates }) => [
    plugin,
    attachesPerSecond.toFixed(1),
    ...times(add),
    milliseconds(addCpuMs),
    ...times(del),
    ...[failures, duplicates, add.count].map(String),
  ]);
  const head = ["attaches/s", "ADD p50", "p99", "CPU of one", "DEL p50", "p99", "failures", "duplicates", "count"];
  return [
    table([`${STORM.atOnce} at once`, ...head], rows),
    ...storms.flatMap(({ firstFailure }) =>
      firstFailure === undefined ? [] : [`The first failure: ${oneLine(firstFailure)}`]
    ),
  ];
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, 300);
}

function times({ p50, p99 }: Summary): string[] {
  return [p50, p99].map(milliseconds);
}
