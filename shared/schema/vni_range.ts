/** The sorts of ids that host links have. */
export type VniType = "vlan" | "vxlan";

/** Largest id of each sort; the smallest is 1. */
export const MAX_VNI: Readonly<Record<VniType, number>> = { vlan: 4094, vxlan: 16777214 };

/** Ids from `first` to `last`, both included. */
export interface VniInterval {
  readonly first: number;
  readonly last: number;
}

/** A `vniRange` as it was read. */
export interface VniRange {
  /** What is well formed and inside the limit of the type; ascending, none touches the next. */
  readonly intervals: readonly VniInterval[];
  /** What is wrong, as sentences that go on from the field; empty for a good range. */
  readonly problems: readonly string[];
}

const PART = /^([0-9]{1,8})(?:-([0-9]{1,8}))?$/;

/**
 * Reads a `vniRange` such as `700-710,900`. Parts that are wrong are reported and left out, so that a stored object that
 * was never judged offers what is right of it and nothing else.
 *
 * @example
 * ```ts
 * import { parseVniRange } from "./vni_range.ts";
 *
 * const { intervals } = parseVniRange("900,700-710", "vlan");
 * console.assert(intervals[0]?.first === 700 && intervals[1]?.last === 900);
 * ```
 */
export function parseVniRange(range: string, vniType: VniType): VniRange {
  const problems: string[] = [];
  const good: VniInterval[] = [];
  for (const part of range.split(",")) {
    const interval = parsePart(part);
    const problem = interval ? problemOf(part, interval, vniType) : `${quoted(part)} is neither an id nor first-last`;
    if (problem) problems.push(problem);
    else if (interval) good.push(interval);
  }
  good.sort((a, b) => a.first - b.first);
  problems.push(...overlapsWithin(good));
  return { intervals: merged(good), problems };
}

/** Whether an id is inside one of the intervals. */
export function hasVni(intervals: readonly VniInterval[], vni: number): boolean {
  return intervals.some(({ first, last }) => first <= vni && vni <= last);
}

/** How many ids the intervals have; they must not overlap. */
export function countVnis(intervals: readonly VniInterval[]): number {
  return intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** The lowest interval of ids that both have; undefined when they have none in common. */
export function findOverlap(a: readonly VniInterval[], b: readonly VniInterval[]): VniInterval | undefined {
  for (const one of a) {
    const other = b.find(({ first, last }) => first <= one.last && one.first <= last);
    if (other) return { first: Math.max(one.first, other.first), last: Math.min(one.last, other.last) };
  }
  return undefined;
}

/** `700`, or `700-710`. */
export function renderInterval({ first, last }: VniInterval): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function parsePart(part: string): VniInterval | undefined {
  const [, first, last = first] = PART.exec(part) ?? [];
  return first === undefined ? undefined : { first: Number(first), last: Number(last) };
}

function problemOf(part: string, { first, last }: VniInterval, vniType: VniType): string | undefined {
  if (first > last) return `${part} ends before it starts`;
  if (first < 1 || last > MAX_VNI[vniType]) return `${part} is not inside 1-${MAX_VNI[vniType]}, the ids of ${vniType}`;
  return undefined;
}

/** @param ascending by their first id */
function overlapsWithin(ascending: readonly VniInterval[]): string[] {
  const problems: string[] = [];
  let widest: VniInterval | undefined;
  for (const interval of ascending) {
    if (widest && interval.first <= widest.last) {
      problems.push(`${renderInterval(widest)} and ${renderInterval(interval)} overlap`);
    }
    if (!widest || interval.last > widest.last) widest = interval;
  }
  return problems;
}

function merged(ascending: readonly VniInterval[]): VniInterval[] {
  const result: VniInterval[] = [];
  for (const interval of ascending) {
    const last = result.at(-1);
    if (!last || interval.first > last.last + 1) result.push(interval);
    else if (interval.last > last.last) result[result.length - 1] = { first: last.first, last: interval.last };
  }
  return result;
}

function quoted(part: string): string {
  return JSON.stringify(part.length > 40 ? `${part.slice(0, 40)}…` : part);
}
