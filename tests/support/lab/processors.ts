/** The processors of the machine, by the numbers that the kernel gives them. */

/**
 * Tells which processors this process may use.
 *
 * @param status - text of `/proc/self/status`: proc_pid_status(5), `Cpus_allowed_list`
 * @returns their numbers, ascending, at least one
 * @throws {Error} when the text does not say
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(allowedProcessors("Cpus_allowed_list:\t0-2,5\n"), [0, 1, 2, 5]);
 * ```
 */
export function allowedProcessors(status: string = Deno.readTextFileSync("/proc/self/status")): number[] {
  const [, list] = /^Cpus_allowed_list:\s*([0-9,-]+)$/m.exec(status) ?? [];
  if (list === undefined) throw new Error("/proc/self/status does not say which processors may be used");
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** The processor for the `number`th of many that want one each: they take turns. */
export function processorFor(number: number): number {
  const allowed = allowedProcessors();
  return allowed[number % allowed.length] ?? 0;
}
