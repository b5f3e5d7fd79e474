/**
 * Runs jobs side by side. Each begins as soon as a lane is free, in their order.
 *
 * @param options.lanes how many run at once
 * @param options.signal when it is aborted no further job begins
 * @returns what each gave, in their order
 * @throws the first error of a job, or the signal's reason, when all that had begun has ended; or a RangeError, at once,
 *   when there is no lane
 */
export async function runInLanes<T>(
  jobs: readonly (() => Promise<T>)[],
  { lanes, signal }: { lanes: number; signal: AbortSignal },
): Promise<T[]> {
  if (!Number.isInteger(lanes) || lanes < 1) throw new RangeError(`${lanes} lanes: there has to be a number of them`);
  const results: T[] = [];
  const waiting = [...jobs.entries()];
  const failed = new AbortController();
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      signal.throwIfAborted();
      if (failed.signal.aborted) return;
      const [index, job] = next;
      try {
        results[index] = await job();
      } catch (error) {
        failed.abort(error);
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  failed.signal.throwIfAborted();
  for (const end of ended) if (end.status === "rejected") throw end.reason;
  return results;
}

/** What a lab's control plane, its nodes and its test take of the memory at most, but for big user-mode nodes. */
const LANE_BYTES = 3 * 1024 ** 3;

/**
 * How many lanes of labs keep a machine busy: twice as many as it has processors, for most files wait half of their time,
 * unless there is too little memory.
 *
 * @param machine `memoryBytes`: what is available of it
 */
export function lanesFor({ processors, memoryBytes }: { processors: number; memoryBytes: number }): number {
  return Math.max(1, Math.min(2 * processors, Math.floor(memoryBytes / LANE_BYTES)));
}
