import { enter } from "./ip_batch.ts";
import type { Run } from "./run.ts";

/** A kernel parameter as path components below /proc/sys, so that dots in interface names are no separators. */
export interface Sysctl {
  readonly key: readonly string[];
  readonly value: string;
}

/**
 * Writes kernel parameters of a network namespace in one process. Parameters that this kernel does not have (IPv6
 * switched off at boot) are passed over; one that cannot be written is an error.
 *
 * @throws {CommandError} when one cannot be written or the namespace is gone
 * @see sysctl(8), options -q -e -w
 */
export async function writeSysctls(
  run: Run,
  netns: string,
  options: { settings: readonly Sysctl[]; signal?: AbortSignal },
): Promise<void> {
  const { settings, signal } = options;
  if (settings.length === 0) return;
  const words = settings.map(({ key, value }) => `${key.join("/")}=${value}`);
  await run([...enter(netns), "sysctl", "-q", "-e", "-w", ...words], signal && { signal });
}
