/**
 * Which versions go: those that no launcher leads to any more, when that has been so for longer than any plugin runs.
 *
 * @param options.supersededMs how long this process has seen each version superseded, in milliseconds
 * @param options.graceMs how long a version stays
 */
export function planRetirement(
  versions: readonly string[],
  options: {
    readonly current: string;
    readonly supersededMs: ReadonlyMap<string, number>;
    readonly graceMs: number;
  },
): string[] {
  const { current, supersededMs, graceMs } = options;
  return versions.filter((version) => version !== current && (supersededMs.get(version) ?? 0) >= graceMs);
}
