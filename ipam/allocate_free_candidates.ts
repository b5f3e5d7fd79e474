import { AddressError, formatAddress, parseAddress } from "../shared/schema/address.ts";
import type { PoolStatus } from "../shared/schema/network.ts";
import { isDynamic, type Subnet } from "./subnet.ts";

/**
 * Share of a pool's capacity that is held from which on `status` names free addresses. Below it, trying addresses at
 * random takes less than four requests on average.
 *
 * @see docs/decisions/0006-probing.md
 */
export const CANDIDATES_FROM = 0.75;

/** Most free addresses that `status` names; all of them when there are fewer, otherwise a sample at random. */
export const MAX_FREE_CANDIDATES = 256;

/** The status of a network is written no more often than this. */
export const STATUS_INTERVAL_SECONDS = 30;

/**
 * The free addresses that a pool's status names, as far as the pool may give them. Whoever may write a status could
 * write anything: what is not canonical, lies outside the pool, is reserved or taken in a legacy bitmap is left out.
 */
export function parseFreeCandidates(subnet: Subnet, status: PoolStatus | undefined): bigint[] {
  const values = (status?.freeCandidates ?? []).map((text) => findCanonical(text, subnet.family))
    .filter((value) => value !== undefined && isDynamic(subnet, value));
  return [...new Set(values)] as bigint[];
}

function findCanonical(text: string, family: 4 | 6): bigint | undefined {
  try {
    const address = parseAddress(text);
    return address.family === family && formatAddress(address) === text ? address.value : undefined;
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}
