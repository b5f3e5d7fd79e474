import { MAX_RECENT, noteTaken } from "../../../ipam/allocate_recent.ts";
import type { Hints } from "../../../ipam/allocator_deps.ts";

/** {@linkcode Hints} of one node, or by a prefix of several, in memory. */
export function memoryHints(
  remembered: Map<string, readonly bigint[]> = new Map(),
  { prefix = "", max = MAX_RECENT }: { prefix?: string; max?: number } = {},
): Hints {
  const note = (pool: string, change: { taken: bigint; missed?: bigint | undefined }): void =>
    void remembered.set(prefix + pool, noteTaken(remembered.get(prefix + pool) ?? [], { ...change, max }));
  return {
    take(pool, choose): bigint | undefined {
      const taken = choose(remembered.get(prefix + pool) ?? []);
      if (taken !== undefined) note(pool, { taken });
      return taken;
    },
    remember: note,
  };
}
