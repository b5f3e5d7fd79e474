/** Percentiles, mean, largest and number of a series of measurements. */
export interface Summary {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly mean: number;
  readonly max: number;
  readonly count: number;
}

/**
 * Summarizes measurements by nearest rank.
 *
 * @throws {RangeError} when there is none
 */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new RangeError("no measurements");
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return {
    p50: rank(0.5),
    p90: rank(0.9),
    p99: rank(0.99),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    max: rank(1),
    count: sorted.length,
  };
}

/** Something that took time, on a common clock. */
export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/** The largest number of intervals that came one after the other: each began when the one before had ended. */
export function longestChain(intervals: readonly Interval[]): number {
  const done: { endMs: number; length: number }[] = [];
  for (const { startMs, endMs } of intervals.toSorted((a, b) => a.endMs - b.endMs)) {
    const before = done.filter((one) => one.endMs <= startMs).map(({ length }) => length);
    done.push({ endMs, length: 1 + Math.max(0, ...before) });
  }
  return Math.max(0, ...done.map(({ length }) => length));
}
