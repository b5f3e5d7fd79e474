import { atMost, megabytes, milliseconds, type Part, table } from "./report.ts";
import type { Startup } from "./startup.ts";
import type { Summary } from "./statistics.ts";

/** The cost of starting `danm`, against its budget. */
export function reportStartup({ version, empty, mainBytes, verbsBytes, peakBytes }: Startup): Part {
  const kB = (bytes: number): string => `${Math.round(bytes / 1000)} kB`;
  const times = ({ p50, p90 }: Summary): string[] => [p50, p90].map(milliseconds);
  return {
    blocks: [
      "## Start-up of `danm`",
      table(["", "p50", "p90"], [
        ["`CNI_COMMAND=VERSION danm`", ...times(version)],
        ["an empty script, same runtime", ...times(empty)],
      ]),
      `Peak memory ${megabytes(peakBytes)} MB; read at start ${kB(mainBytes)}, with the verbs ${
        kB(mainBytes + verbsBytes)
      }.`,
    ],
    budgets: [
      atMost("VERSION, median", 25, { found: version.p50, unit: " ms" }),
      atMost("VERSION, peak memory", 45, { found: megabytes(peakBytes), unit: " MB" }),
    ],
  };
}
