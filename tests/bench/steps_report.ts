import { milliseconds, table } from "./report.ts";
import type { StepFigures } from "./steps.ts";

/** How long an ADD takes, and a table of its steps. */
export function renderSteps({ steps, wholeMs, cpuMs, runs }: StepFigures): string[] {
  return [
    `By the plugin's own log at level debug: medians of ${runs} runs, milliseconds since its launcher was started. ` +
    `The whole process, entering the node included, takes ${milliseconds(wholeMs)} and ${milliseconds(cpuMs)} of CPU.`,
    table(
      ["step", "from", "to", "takes"],
      steps.map(({ what, startMs, endMs, ms }) => [what, ...[startMs, endMs, ms].map((value) => value.toFixed(0))]),
    ),
  ];
}
