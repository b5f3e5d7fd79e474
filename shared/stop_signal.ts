import type { Logger } from "./log.ts";

/**
 * A signal that aborts when the process is told to end, by SIGTERM or SIGINT.
 *
 * @param options.atOnce called when it is told a second time
 */
export function stopSignal({ log, atOnce }: { log: Logger; atOnce: () => void }): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => {
      if (stop.signal.aborted) return atOnce();
      log.info("signal", { signal });
      stop.abort(new Error(signal));
    });
  }
  return stop.signal;
}
