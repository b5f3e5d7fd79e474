/** Of `times(2)` and /proc: USER_HZ, which is 100 on every Linux of today. */
const TICKS_PER_SECOND = 100;

/**
 * User and system time of all processes that this one started and that ended, and of theirs, in seconds so far. Those
 * that still run count nothing.
 *
 * @see proc_pid_stat(5), cutime and cstime
 */
export function childCpuSeconds(): number {
  const stat = Deno.readTextFileSync("/proc/self/stat");
  // The name, in brackets, may itself hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}
