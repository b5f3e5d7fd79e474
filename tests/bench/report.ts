/** What one part of the benchmark found. */
export interface Part {
  /** Blocks of Markdown, headings among them. */
  readonly blocks: readonly string[];
  readonly budgets: readonly Budget[];
}

/** A promise that the benchmark holds a figure against. */
export interface Budget {
  readonly what: string;
  readonly limit: string;
  readonly found: string;
  readonly kept: boolean;
}

/**
 * The parts as one Markdown document, the budgets of all in one table at its end.
 *
 * @param parts.machine what was measured on: name and value
 */
export function renderReport(
  { machine, parts }: { machine: readonly (readonly [string, string])[]; parts: readonly Part[] },
): string {
  const budgets = parts.flatMap((part) => part.budgets);
  return [
    "## Machine",
    table(["", ""], machine),
    ...parts.flatMap(({ blocks }) => blocks),
    ...(budgets.length === 0 ? [] : ["## Budget", renderBudgets(budgets)]),
  ].join("\n\n") + "\n";
}

function renderBudgets(budgets: readonly Budget[]): string {
  const rows = budgets.map(({ what, limit, found, kept }) => [what, limit, found, kept ? "kept" : "MISSED"]);
  return table(["", "limit", "found", ""], rows);
}

/** A budget that a figure must not exceed. */
export function atMost(what: string, limit: number, { found, unit = "" }: { found: number; unit?: string }): Budget {
  return { what, limit: `${limit}${unit}`, found: `${round(found)}${unit}`, kept: found <= limit };
}

/** A budget that a figure must reach. */
export function atLeast(what: string, limit: number, { found, unit = "" }: { found: number; unit?: string }): Budget {
  return { what, limit: `≥ ${limit}${unit}`, found: `${round(found)}${unit}`, kept: found >= limit };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Milliseconds as cells of tables show them. */
export function milliseconds(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}

/** Megabytes, from bytes, to one decimal. */
export function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
