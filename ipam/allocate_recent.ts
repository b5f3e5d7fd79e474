import { isDynamic, type Subnet } from "./subnet.ts";

/**
 * How many addresses a node remembers of each pool: those that it took last.
 *
 * @see docs/decisions/0006-probing.md
 */
export const MAX_RECENT = 8;

/** What a node remembers after it took an address: newest first, each once. What it wanted and missed is forgotten. */
export function noteTaken(
  recent: readonly bigint[],
  { taken, missed, max = MAX_RECENT }: { taken: bigint; missed?: bigint | undefined; max?: number },
): bigint[] {
  return [taken, ...recent.filter((value) => value !== taken && value !== missed)].slice(0, max);
}

/** Of the addresses that a node remembers, those that the pool may give: the pool may have been another one. */
export function recentOf(subnet: Subnet, remembered: readonly bigint[]): bigint[] {
  return remembered.filter((value) => isDynamic(subnet, value));
}
