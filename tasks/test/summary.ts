import type { Counts } from "./junit.ts";

/** How a suite ended. */
export type Outcome =
  | { readonly suite: string; readonly kind: "ran"; readonly exitCode: number; readonly counts: Counts }
  | { readonly suite: string; readonly kind: "skipped"; readonly reasons: readonly string[] };

/** What `deno task test` says at its end. */
export interface Summary {
  /** What is wrong besides tests that failed, and what was skipped; one line each. */
  readonly remarks: readonly string[];
  readonly passed: number;
  readonly failed: number;
}

/**
 * Sums up the suites. A suite that ran no test failed. Where everything must run (`strict`, in CI), a skipped suite or
 * test counts as a failure too.
 */
export function summarize(outcomes: readonly Outcome[], { strict }: { strict: boolean }): Summary {
  const judged = outcomes.map((outcome) =>
    outcome.kind === "ran" ? judgeRun(outcome, strict) : judgeSkip(outcome, strict)
  );
  return {
    remarks: judged.flatMap(({ remarks }) => remarks),
    passed: sum(judged.map(({ passed }) => passed)),
    failed: sum(judged.map(({ failed }) => failed)),
  };
}

/** The last line of a run. */
export function totalLine({ passed, failed }: { passed: number; failed: number }): string {
  return `${passed} passed, ${failed} failed`;
}

function judgeRun({ suite, exitCode, counts }: Outcome & { kind: "ran" }, strict: boolean): Summary {
  const { passed, failed, ignored } = counts;
  const remarks: string[] = [];
  if (exitCode !== 0 && failed === 0) remarks.push(`${suite}: ended with ${exitCode}, see above`);
  if (exitCode === 0 && passed + failed + ignored === 0) remarks.push(`${suite}: no test ran`);
  if (strict && ignored > 0) remarks.push(`${suite}: ${ignored} tests or steps ignored, which CI does not accept`);
  return { remarks, passed, failed: failed + remarks.length };
}

function judgeSkip({ suite, reasons }: Outcome & { kind: "skipped" }, strict: boolean): Summary {
  return { remarks: [`${suite}: not run: ${reasons.join("; ")}`], passed: 0, failed: strict ? 1 : 0 };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
