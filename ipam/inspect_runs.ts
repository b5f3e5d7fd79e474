import { cidrEnd } from "../shared/schema/address.ts";
import { nextClearBit, nextSetBit } from "./bitmap.ts";
import { type AddressState, type Allocation, indexFrom, type Inspection, stateUnheld } from "./inspect.ts";
import { isInBitmap, type Subnet } from "./subnet.ts";

/** Addresses, both ends included. */
export interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** Addresses in a row that are the same. One that is held, or reserved but for a bitmap, is a run of its own. */
export interface Run extends AddressRange {
  readonly state: AddressState;
}

/**
 * What the addresses of a subnet are, in their order, without gaps, for listings: only what is asked for is computed,
 * and its cost goes with the number of runs, not of addresses.
 *
 * @param range is cut to the subnet; default: all of it
 */
export function* inspectRuns(
  inspection: Inspection,
  range: AddressRange = subnetRange(inspection.subnet),
): Generator<Run> {
  const { subnet } = inspection;
  const all = subnetRange(subnet);
  const last = range.last < all.last ? range.last : all.last;
  const between = { subnet, stretchAt: stretchesOf(subnet) };
  let next = range.first > all.first ? range.first : all.first;
  for (const run of inspectPoints(inspection, { first: next, last })) {
    if (next < run.first) yield* runsBetween({ first: next, last: run.first - 1n }, between);
    yield run;
    next = run.last + 1n;
  }
  if (next <= last) yield* runsBetween({ first: next, last }, between);
}

function subnetRange({ cidr }: Subnet): AddressRange {
  return { first: cidr.base, last: cidrEnd(cidr) };
}

/** The addresses of a range that are runs of their own: held ones, and those that are reserved by name. */
export function* inspectPoints({ subnet, allocations }: Inspection, range: AddressRange): Generator<Run> {
  const { first, last } = range;
  const named = [...new Set([...subnet.forbidden, ...subnet.gateways])]
    .filter((value) => value >= first && value <= last && !isHeld(allocations, value))
    .sort((a, b) => a < b ? -1 : 1);
  let index = 0;
  for (let held = indexFrom(allocations, first); held < allocations.length; held++) {
    const allocation = allocations[held];
    if (!allocation || allocation.value > last) break;
    const { value } = allocation;
    for (let at = named[index]; at !== undefined && at < value; at = named[++index]) {
      yield point(at, stateUnheld(subnet, at));
    }
    yield point(value, { kind: "allocated", allocation });
  }
  for (const at of named.slice(index)) yield point(at, stateUnheld(subnet, at));
}

function isHeld(allocations: readonly Allocation[], value: bigint): boolean {
  return allocations[indexFrom(allocations, value)]?.value === value;
}

function point(value: bigint, state: AddressState): Run {
  return { first: value, last: value, state };
}

/** Runs of a range that nobody holds anything of and in which nothing is reserved by name. */
function* runsBetween(range: AddressRange, { subnet, stretchAt }: Between): Generator<Run> {
  for (let first = range.first; first <= range.last;) {
    const last = endOfRun(first, { subnet, stretchAt });
    yield { first, last: last < range.last ? last : range.last, state: stateUnheld(subnet, first) };
    first = last + 1n;
  }
}

interface Between {
  readonly subnet: Subnet;
  readonly stretchAt: (value: bigint) => Stretch;
}

/** The last address in front of the next border: an end of the pool, or where the bitmap changes. */
function endOfRun(value: bigint, { subnet, stretchAt }: Between): bigint {
  const stretch = stretchAt(value);
  if (stretch.taken) return stretch.last;
  const { first, last } = subnet;
  const border = value < first ? first - 1n : value <= last ? last : stretch.last;
  return border < stretch.last ? border : stretch.last;
}

/** Addresses in a row that a bitmap has all taken, or none of them. */
interface Stretch extends AddressRange {
  readonly taken: boolean;
}

/**
 * Answers which stretch an address lies in. The last one is remembered, because addresses are asked for in order:
 * looking for its end again for each of them would read the whole bitmap each time.
 */
function stretchesOf(subnet: Subnet): (value: bigint) => Stretch {
  let stretch: Stretch | undefined;
  return (value) => {
    if (stretch && value >= stretch.first && value <= stretch.last) return stretch;
    return stretch = findStretch(subnet, value);
  };
}

function findStretch(subnet: Subnet, value: bigint): Stretch {
  const { bitmap } = subnet;
  const end = cidrEnd(subnet.cidr);
  const taken = isInBitmap(subnet, value);
  if (!bitmap || value > bitmap.last) return { first: value, last: end, taken };
  const from = value < bitmap.base ? 0 : Number(value - bitmap.base);
  const change = taken ? nextClearBit(bitmap.text, from) : nextSetBit(bitmap.text, from);
  const next = change === undefined ? undefined : bitmap.base + BigInt(change);
  if (next !== undefined && next <= bitmap.last) return { first: value, last: next - 1n, taken };
  return { first: value, last: taken ? bitmap.last : end, taken };
}
