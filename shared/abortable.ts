/**
 * Waits for a promise no longer than until the signal aborts. What it waits for is not stopped: this is for work that
 * knows no signals.
 *
 * @throws the signal's reason when it aborts first, or whatever the promise is rejected with
 */
export async function abortable<T>(promise: Promise<T> | T, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await promise;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const stop = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
