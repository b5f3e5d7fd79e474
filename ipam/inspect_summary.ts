import { countBits } from "./bitmap.ts";
import { type Inspection, stateUnheld } from "./inspect.ts";
import { countDynamic } from "./next_dynamic.ts";
import { type ReservedReason, reservedReason } from "./reserved_reason.ts";
import { isInBitmap, type Subnet } from "./subnet.ts";

/** How much of a subnet is used. */
export interface Summary {
  /** Addresses that the pool may give dynamically, held or not. */
  readonly capacity: number;
  /** Those of them that are held. */
  readonly allocated: number;
  /** Those of them that are not. */
  readonly free: number;
  /** Held although reserved: gateways of router Pods, and what a bitmap has taken too. */
  readonly heldReserved: number;
  /** Held outside of the pool: they were asked for by name. */
  readonly heldOutside: number;
  /** Addresses of the whole subnet that are reserved and not held, by reason. */
  readonly reserved: Readonly<Record<ReservedReason, number>>;
}

/** Counts the addresses of a subnet by what they are, for status and metrics. */
export function summarize(inspection: Inspection): Summary {
  const { subnet, allocations } = inspection;
  const held = { free: 0, outside: 0, reserved: 0 };
  for (const { value } of allocations) held[stateUnheld(subnet, value).kind]++;
  const capacity = countDynamic(subnet);
  return {
    capacity,
    allocated: held.free,
    free: capacity - held.free,
    heldReserved: held.reserved,
    heldOutside: held.outside,
    reserved: countReserved(inspection),
  };
}

function countReserved({ subnet, allocations }: Inspection): Record<ReservedReason, number> {
  const counts = { network: 0, broadcast: 0, poolEdge: 0, loopback: 0, gateway: 0, bitmap: countTaken(subnet) };
  const held = new Set(allocations.map(({ value }) => value));
  const named = new Set([...subnet.forbidden, ...subnet.gateways]);
  for (const value of named) {
    const reason = reservedReason(subnet, value);
    if (reason && !held.has(value)) counts[reason]++;
  }
  // What is held, or reserved by name, counts as that and no more as taken in the bitmap.
  for (const value of named.union(held)) if (isInBitmap(subnet, value)) counts.bitmap--;
  return counts;
}

function countTaken({ bitmap }: Subnet): number {
  return bitmap ? countBits(bitmap.text, 0, Number(bitmap.last - bitmap.base) + 1) : 0;
}
