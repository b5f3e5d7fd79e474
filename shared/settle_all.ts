type Settled<T extends readonly unknown[]> = { -readonly [K in keyof T]: Awaited<T[K]> };

/**
 * Waits until all work has ended, well or not, so that nothing is still under way when what was done is undone.
 *
 * @throws {AggregateError} of everything that failed
 */
export async function settleAll<T extends readonly unknown[] | []>(work: T): Promise<Settled<T>> {
  const ends = await Promise.allSettled(work);
  const errors = ends.flatMap((end) => end.status === "rejected" ? [end.reason] : []);
  if (errors.length > 0) throw new AggregateError(errors, "");
  return ends.map((end) => end.status === "fulfilled" ? end.value : undefined) as Settled<T>;
}
