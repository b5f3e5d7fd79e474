import { isDynamic, type Subnet } from "./subnet.ts";

/**
 * How many addresses that it freed a node remembers of each address space and family.
 *
 * @see docs/decisions/0006-probing.md
 */
export const MAX_FREED = 8;

/** What a node remembers after it freed an address: the latest first, each once. */
export function withFreed(freed: readonly bigint[], value: bigint, max: number = MAX_FREED): bigint[] {
  return [value, ...freed.filter((other) => other !== value)].slice(0, max);
}

/** Of the addresses that a node freed, those that the pool may give. */
export function freedOf(subnet: Subnet, freed: readonly bigint[]): bigint[] {
  return freed.filter((value) => isDynamic(subnet, value));
}
