import type { AttachFigures } from "./attach.ts";
import type { Startup } from "./startup.ts";
import type { Summary } from "./statistics.ts";

/** Everything that one run of the benchmark found. */
export interface Figures {
  /** What was measured on: name and value. */
  readonly machine: readonly (readonly [string, string])[];
  readonly startup: Startup;
  readonly attach: readonly { readonly where: string; readonly figures: readonly AttachFigures[] }[];
}

/** A promise that the benchmark holds the figures against. */
interface Budget {
  readonly what: string;
  readonly limit: string;
  readonly found: string;
  readonly kept: boolean;
}

/** The figures as Markdown. */
export function renderReport(figures: Figures): string {
  const { machine, startup, attach } = figures;
  const kB = (bytes: number): string => `${Math.round(bytes / 1000)} kB`;
  return [
    "## Machine",
    table(["", ""], machine.map(([name, value]) => [name, value])),
    "## Start-up of `danm`",
    table(["", "p50", "p90"], [
      ["`CNI_COMMAND=VERSION danm`", ...times(startup.version)],
      ["an empty script, same runtime", ...times(startup.empty)],
    ]),
    `Peak memory ${megabytes(startup.peakBytes)} MB; read at start ${kB(startup.mainBytes)}, with the verbs ${
      kB(startup.mainBytes + startup.verbsBytes)
    }.`,
    ...attach.flatMap(({ where, figures }) => [
      `## ADD and DEL: ${where}`,
      table(
        ["interfaces", "ADD p50", "ADD p90", "DEL p50", "DEL p90", "requests", "in sequence", "commands", "runs"],
        figures.map((one) => [
          String(one.interfaces),
          ...times(one.add),
          ...times(one.del),
          ...[one.requests, one.requestsInSequence, one.commands, one.add.count].map(String),
        ]),
      ),
    ]),
    "## Budget",
    table(
      ["", "limit", "found", ""],
      budgets(figures).map(({ what, limit, found, kept }) => [what, limit, found, kept ? "kept" : "EXCEEDED"]),
    ),
  ].join("\n\n") + "\n";
}

function budgets({ startup, attach }: Figures): Budget[] {
  const most = (what: string, limit: number, found: number, unit = ""): Budget => ({
    what,
    limit: `${limit}${unit}`,
    found: `${Math.round(found * 100) / 100}${unit}`,
    kept: found <= limit,
  });
  return [
    most("VERSION, median", 25, startup.version.p50, " ms"),
    most("VERSION, peak memory", 45, megabytes(startup.peakBytes), " MB"),
    ...attach.flatMap(({ where, figures }) => {
      const [one, three] = [1, 3].map((count) => figures.find(({ interfaces }) => interfaces === count));
      return [
        ...figures.map((at) =>
          most(`requests in sequence, ${at.interfaces} interfaces, ${where}`, 6, at.requestsInSequence)
        ),
        ...figures.map((at) =>
          most(`commands, ${at.interfaces} interfaces, ${where}`, 2 * at.interfaces + 1, at.commands)
        ),
        ...(one && three
          ? [most(`three interfaces in terms of one (p50), ${where}`, 1.5, three.add.p50 / one.add.p50)]
          : []),
      ];
    }),
  ];
}

function times({ p50, p90 }: Summary): string[] {
  return [p50, p90].map((ms) => `${ms.toFixed(1)} ms`);
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
