import { formatAddress } from "../shared/schema/address.ts";
import type { PoolStatus } from "../shared/schema/network.ts";
import { CANDIDATES_FROM, MAX_FREE_CANDIDATES } from "./allocate_free_candidates.ts";
import { countBits, nthClearBit } from "./bitmap.ts";
import type { Inspection } from "./inspect.ts";
import { type AddressRange, inspectPoints } from "./inspect_runs.ts";
import { summarize } from "./inspect_summary.ts";
import type { Subnet } from "./subnet.ts";

/**
 * `status.ipv4` or `status.ipv6` of a network, kept by the cleaner for the allocators. `allocated` counts what is held of
 * the pool's capacity, nothing outside of it. Where little is free, `freeCandidates` are free addresses from all over the
 * pool, in their order.
 *
 * @param random answers numbers from 0 up to 1
 */
export function renderPoolStatus(inspection: Inspection, random: () => number): PoolStatus {
  const { capacity, allocated, free } = summarize(inspection);
  if (allocated < CANDIDATES_FROM * capacity) return { capacity, allocated };
  const { family } = inspection.subnet;
  const picked = pickFree(inspection, chooseRanks(free, random));
  return { capacity, allocated, freeCandidates: picked.map((value) => formatAddress({ family, value })) };
}

/** Different numbers below `free`, in order: Floyd's sampling, each choice as likely as every other. */
function chooseRanks(free: number, random: () => number): number[] {
  const count = Math.min(free, MAX_FREE_CANDIDATES);
  const chosen = new Set<number>();
  for (let limit = free - count; limit < free; limit++) {
    const rank = Math.floor(random() * (limit + 1));
    chosen.add(chosen.has(rank) ? limit : rank);
  }
  return [...chosen].sort((a, b) => a - b);
}

/** The free addresses of the pool that have these ranks among all free ones, in order. */
function pickFree(inspection: Inspection, ranks: readonly number[]): bigint[] {
  const { subnet } = inspection;
  const picked: bigint[] = [];
  let passed = 0;
  for (const gap of gapsOf(inspection)) {
    const free = countFree(subnet, gap);
    let from = { value: gap.first, rank: passed };
    for (let rank = ranks[picked.length]; rank !== undefined && rank < passed + free; rank = ranks[picked.length]) {
      const value = nthFree(subnet, from.value, rank - from.rank);
      picked.push(value);
      from = { value: value + 1n, rank: rank + 1 };
    }
    passed += free;
  }
  return picked;
}

/** What lies in the pool between addresses that are held or reserved by name. */
function* gapsOf(inspection: Inspection): Generator<AddressRange> {
  const { first, last } = inspection.subnet;
  let next = first;
  for (const point of inspectPoints(inspection, { first, last })) {
    if (next < point.first) yield { first: next, last: point.first - 1n };
    next = point.last + 1n;
  }
  if (next <= last) yield { first: next, last };
}

function countFree({ bitmap }: Subnet, { first, last }: AddressRange): number {
  const size = Number(last - first) + 1;
  if (!bitmap) return size;
  return size - countBits(bitmap.text, Number(first - bitmap.base), Number(last - bitmap.base) + 1);
}

/** The address from `from` on that no bitmap has taken and before which `skip` such addresses are. */
function nthFree({ bitmap }: Subnet, from: bigint, skip: number): bigint {
  if (!bitmap) return from + BigInt(skip);
  return bitmap.base + BigInt(nthClearBit(bitmap.text, Number(from - bitmap.base), skip));
}
