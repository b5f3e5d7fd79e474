import type { IpamFigures } from "./ipam.ts";
import type { Comparison } from "./ipam_place.ts";
import { atLeast, atMost, type Budget } from "./report.ts";

/** What is promised of taking addresses. */
export function ipamBudgets({ poolSizes, existing, memory, utilisation, exhausted, plugins }: IpamFigures): Budget[] {
  return [
    ...poolSizes.filter(({ callers }) => callers === 100).flatMap(({ base, other }) => [
      atLeast("allocations/s, 100 callers, /24", 500, { found: base.allocationsPerSecond }),
      atLeast("allocations/s, 100 callers, 8M addresses", 500, { found: other.allocationsPerSecond }),
    ]),
    ...poolSizes.map((one) => ratio(`8M addresses in terms of a /24 (p50), ${one.callers} callers`, one)),
    ...existing.filter(({ held }) => held > 0).map((one) =>
      ratio(`${one.held} addresses held in terms of none (p50), ${one.callers} callers`, one)
    ),
    atMost(`memory of a caller, ${memory.held} addresses held in terms of none`, 1.1, {
      found: memory.heldBytes / memory.emptyBytes,
    }),
    // Without a status tries are at random: at 90 % it takes seven for an even chance (0.9^7 < 0.5), whoever tries.
    ...utilisation.filter(({ share, status }) => share < 0.5 || status).map(({ capacity, share, status, requests }) =>
      atMost(
        `requests per allocation, median, ${capacity} addresses, ${share * 100} % held${status ? ", with status" : ""}`,
        share < 0.5 ? 1.2 : 5,
        { found: requests.p50 },
      )
    ),
    ...exhausted.flatMap(({ status, given, listsSent, listsServed }) => {
      const where = `exhausted pool of ${memory.held} addresses${status ? ", with status" : ""}`;
      return [
        atMost(`addresses given, ${where}`, 0, { found: given }),
        atMost(`lists, ${where}`, 0, { found: listsSent + listsServed }),
      ];
    }),
    ...plugins.slice(0, 1).map(({ plugin, attachesPerSecond }) =>
      atLeast(`attaches/s, ${plugin}`, 16, { found: attachesPerSecond })
    ),
    ...plugins.flatMap(({ plugin, failures, duplicates }) => [
      atMost(`failures, ${plugin}`, 0, { found: failures }),
      atMost(`duplicates, ${plugin}`, 0, { found: duplicates }),
    ]),
  ];
}

function ratio(what: string, { base, other }: Comparison): Budget {
  return atMost(what, 1.2, { found: other.allocate.p50 / base.allocate.p50 });
}
