import { parseInside, parseSubnet } from "../../ipam/parse_option.ts";
import { parseCidr4, parsePoolCidr6 } from "../../ipam/parse_pool.ts";
import { findSubnet } from "../../ipam/subnet.ts";
import { type FieldIssue, SchemaError } from "../../shared/schema/describe_issues.ts";
import type { AllocationPool, NetworkOptions } from "../../shared/schema/network.ts";
import { sameValue } from "../../shared/schema/same_value.ts";

/** Takes the part of a network's options that one rule is about. */
type Pick = (options: NetworkOptions) => NetworkOptions;

/** Judges a part: throws SchemaError where it makes no sense. */
type Check = (part: NetworkOptions) => unknown;

/** Notes what is wrong with one part, if it has changed, and says whether it is right. */
type Judge = (pick: Pick, check: Check) => boolean;

const SUBNET4: Check = (Options) => findSubnet({ spec: { Options } }, { family: 4, subject: "" });
const SUBNET6: Check = (Options) => findSubnet({ spec: { Options } }, { family: 6, subject: "" });
const ENDS = ["start", "end"] as const;

/**
 * Everything that is wrong with the subnets, pools and routes of a network. The rules are those of `findSubnet`, which
 * stops at the first: here it is asked for one part of the options after the other.
 *
 * @param before the options as they are stored: then only parts that changed are judged
 */
export function validateSubnets(options: NetworkOptions, before?: NetworkOptions): FieldIssue[] {
  const found = new Map<string, FieldIssue>();
  const isRight: Judge = (pick, check) => {
    const part = pick(options);
    const issues = issuesOf(() => check(part));
    if (before && sameValue(part, pick(before))) return issues.length === 0;
    for (const issue of issues) found.set(`${issue.field}: ${issue.reason}`, issue);
    return issues.length === 0;
  };
  const cidrIsRight = judgeFamily4(options, isRight);
  judgeFamily6(options, { isRight, cidrIsRight });
  return [...found.values()];
}

/** @returns whether `cidr` can be read, or is not set */
function judgeFamily4(options: NetworkOptions, isRight: Judge): boolean {
  if (!options.cidr) {
    isRight(({ cidr, allocation_pool }) => ({ cidr, allocation_pool }), SUBNET4);
    isRight(({ cidr, routes }) => ({ cidr, routes }), SUBNET4);
    return true;
  }
  if (!isRight(({ cidr }) => ({ cidr }), SUBNET4)) return false;
  const ends = ENDS.map((end) =>
    isRight(({ cidr, allocation_pool: pool }) => ({ cidr, allocation_pool: { [end]: pool?.[end] } }), (part) => {
      const cidr = parseCidr4(part, "");
      return cidr && parseInside(cidr, part.allocation_pool?.[end], { subject: "", field: `allocation_pool.${end}` });
    })
  );
  if (!ends.includes(false)) {
    isRight(
      ({ cidr, allocation_pool: pool }) => ({ cidr, allocation_pool: { start: pool?.start, end: pool?.end } }),
      SUBNET4,
    );
  }
  for (const to of Object.keys(options.routes ?? {})) {
    isRight(({ cidr, routes }) => ({ cidr, routes: routeTo(routes, to) }), SUBNET4);
  }
  return true;
}

function judgeFamily6(
  options: NetworkOptions,
  { isRight, cidrIsRight }: { isRight: Judge; cidrIsRight: boolean },
): void {
  if (!options.net6) {
    isRight(({ net6, allocation_pool_v6 }) => ({ net6, allocation_pool_v6 }), SUBNET6);
    isRight(({ net6, routes6 }) => ({ net6, routes6 }), SUBNET6);
    return;
  }
  if (!isRight(({ net6 }) => ({ net6 }), SUBNET6)) return;
  judgePool6(isRight, (of, ends) => ({
    net6: of.net6,
    ...(cidrIsRight && { cidr: of.cidr }),
    allocation_pool_v6: { cidr: of.allocation_pool_v6?.cidr, ...ends },
  }));
  for (const to of Object.keys(options.routes6 ?? {})) {
    isRight(({ net6, routes6 }) => ({ net6, routes6: routeTo(routes6, to) }), SUBNET6);
  }
}

/** @param withEnds what decides the CIDR of the pool, and those ends of it */
function judgePool6(isRight: Judge, withEnds: (of: NetworkOptions, ends: AllocationPool) => NetworkOptions): void {
  if (!isRight((of) => withEnds(of, {}), SUBNET6)) return;
  const ends = ENDS.map((end) =>
    isRight((of) => withEnds(of, { [end]: of.allocation_pool_v6?.[end] }), (part) => {
      const net6 = parseSubnet(part.net6, { subject: "", field: "net6", family: 6 });
      const cidr = net6 && parsePoolCidr6(net6, part, "");
      return cidr &&
        parseInside(cidr, part.allocation_pool_v6?.[end], { subject: "", field: `allocation_pool_v6.${end}` });
    })
  );
  if (ends.includes(false)) return;
  isRight((of) => withEnds(of, { start: of.allocation_pool_v6?.start, end: of.allocation_pool_v6?.end }), SUBNET6);
}

function routeTo(routes: Readonly<Record<string, string>> | undefined, to: string): Record<string, string> {
  return Object.fromEntries(Object.entries(routes ?? {}).filter(([destination]) => destination === to));
}

function issuesOf(check: () => unknown): readonly FieldIssue[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof SchemaError) return error.issues;
    throw error;
  }
}
