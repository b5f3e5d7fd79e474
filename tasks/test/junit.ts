/** How many tests and steps ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
}

/**
 * Counts the tests and steps in a report of `deno test --junit-path`. What a filter leaves out is ignored there. A module that throws while it is loaded is not in
 * such a report; the exit code of `deno test` tells.
 */
export function countJunit(xml: string): Counts {
  const cases = xml.split("<testcase ").slice(1);
  const failed = cases.filter((text) => text.includes("<failure")).length;
  const ignored = cases.filter((text) => text.includes("<skipped")).length;
  return { passed: cases.length - failed - ignored, failed, ignored };
}
