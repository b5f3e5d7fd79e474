import { countBits, nextClearBit } from "./bitmap.ts";
import { isDynamic, isInBitmap, poolSize, type Subnet } from "./subnet.ts";

/**
 * The first address from `from` on, around the end of the pool, that the pool may give. Exact, and cheap however many
 * addresses a legacy bitmap has taken.
 *
 * @param from an address outside the pool = the pool's first
 * @returns undefined when the pool has nothing to give
 */
export function nextDynamic(subnet: Subnet, from: bigint): bigint | undefined {
  const { first, last } = subnet;
  const start = from < first || from > last ? first : from;
  return firstDynamic(subnet, { from: start, to: last }) ?? firstDynamic(subnet, { from: first, to: start - 1n });
}

function firstDynamic(subnet: Subnet, range: { from: bigint; to: bigint }): bigint | undefined {
  for (let value = notInBitmap(subnet, range.from); value <= range.to; value = notInBitmap(subnet, value + 1n)) {
    if (isDynamic(subnet, value)) return value;
  }
  return undefined;
}

/** The first address from `from` on that no legacy bitmap has taken. */
function notInBitmap({ bitmap }: Subnet, from: bigint): bigint {
  if (!bitmap) return from;
  return bitmap.base + BigInt(nextClearBit(bitmap.text, Number(from - bitmap.base)));
}

/** How many addresses the pool may give: those that are neither reserved nor taken in a legacy bitmap. */
export function countDynamic(subnet: Subnet): number {
  const { first, last, bitmap } = subnet;
  const reserved = [...new Set([...subnet.forbidden, ...subnet.gateways])]
    .filter((value) => value >= first && value <= last && !isInBitmap(subnet, value));
  const taken = bitmap ? countBits(bitmap.text, Number(first - bitmap.base), Number(last - bitmap.base) + 1) : 0;
  return poolSize(subnet) - taken - reserved.length;
}
