import { messageOf } from "../../shared/errors.ts";

/** How long and how often {@linkcode waitFor} looks. */
export interface WaitOptions {
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** Between two looks. Default 25. */
  readonly intervalMs?: number;
  /** Ends the waiting early, with its reason as the error. */
  readonly signal?: AbortSignal;
}

/**
 * Looks again and again until `probe` gives something else than undefined or false; a probe that throws counts
 * as "not yet", and the last error becomes the cause when the deadline passes.
 *
 * @param what what is waited for, as "the API server to be ready"
 * @throws {Error} when the deadline passes
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  while (true) {
    options.signal?.throwIfAborted();
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const why = last === undefined ? "" : `: ${messageOf(last)}`;
      throw new Error(`waited ${timeoutMs} ms for ${what}${why}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, options.intervalMs ?? 25));
  }
}
