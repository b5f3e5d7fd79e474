import type { Logger } from "./log.ts";

/**
 * A signal that aborts when the process is told to end, by SIGTERM or SIGINT. Told a second time, the process ends at
 * once, with code 1.
 */
export function stopSignal(log: Logger): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => {
      if (stop.signal.aborted) Deno.exit(1);
      log.info("signal", { signal });
      stop.abort(new Error(signal));
    });
  }
  return stop.signal;
}
