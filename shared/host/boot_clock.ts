/**
 * Seconds since boot: monotonic over all processes of a node and not moved by changes of the wall clock, so it may
 * stand in files.
 *
 * @see clock_gettime(2), CLOCK_BOOTTIME
 */
export type BootClock = () => number;

/** The node's own {@linkcode BootClock}; needs the permission `--allow-sys=osUptime`. */
export const bootClock: BootClock = () => Deno.osUptime();

/**
 * The least time, in seconds, that has passed since `then` was read from a boot clock. After a reboot the clock starts
 * again; what it shows then is less than what passed, never more.
 */
export function elapsedSeconds(then: number, now: number): number {
  return now >= then ? now - then : now;
}
