const encoder = new TextEncoder();

/** Tells a person, on stderr, what is being done; one line per call. */
export type Progress = (line: string) => void;

/** Writes the line to stderr. */
export const toStderr: Progress = (line) => {
  Deno.stderr.writeSync(encoder.encode(`${line}\n`));
};

/**
 * Reports the start and the end of a long step, and every 15 seconds in between that it goes on.
 *
 * @param what the step, as "building etcd"
 */
export async function withProgress<T>(progress: Progress, what: string, step: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const elapsed = (): string => `${((performance.now() - began) / 1000).toFixed(0)} s`;
  progress(what);
  const timer = setInterval(() => progress(`${what}: still at it after ${elapsed()}`), 15_000);
  try {
    const result = await step();
    progress(`${what}: done in ${elapsed()}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
