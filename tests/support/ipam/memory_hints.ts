import { MAX_FREED, withFreed } from "../../../ipam/allocate_freed.ts";
import type { Hints } from "../../../ipam/allocator_deps.ts";

/** {@linkcode Hints} in memory: of one node, or by a prefix of several. */
export function memoryHints(
  remembered: Map<string, readonly bigint[]> = new Map(),
  { prefix = "", max = MAX_FREED }: { prefix?: string; max?: number } = {},
): Hints {
  const read = (name: string): readonly bigint[] => remembered.get(prefix + name) ?? [];
  const write = (name: string, values: readonly bigint[]): void => void remembered.set(prefix + name, values);
  return {
    take(pool, choose): bigint | undefined {
      const next = choose(read(pool)[0]);
      if (next !== undefined) write(pool, [next]);
      return next;
    },
    remember: (pool, value) => write(pool, [value]),
    freed: (pool) => read(`${pool} freed`),
    noteFreed: (pool, value) => write(`${pool} freed`, withFreed(read(`${pool} freed`), value, max)),
  };
}
