/** Most levels of a document that is passed on: more than anybody needs, and few enough to be written again. */
export const MAX_DEPTH = 100;

/**
 * Whether a value from JSON has more levels of objects and lists than that. `JSON.parse` takes any number of them,
 * `JSON.stringify` ends with an overflow of the stack.
 */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isDeeperThan(one, levels - 1));
}
