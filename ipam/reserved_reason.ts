import { isInBitmap, type Subnet } from "./subnet.ts";

/**
 * Why an address that nobody holds is not given dynamically:
 *
 * - `network`: network address of the subnet
 * - `broadcast`: its last address (IPv4)
 * - `poolEdge`: first or last address of the subnet that an IPv6 pool lies in
 * - `loopback`: `::` and `::1`
 * - `gateway`: of a route of the network; a Pod that asks for it gets it
 * - `bitmap`: taken in the legacy bitmap
 */
export type ReservedReason = "network" | "broadcast" | "poolEdge" | "loopback" | "gateway" | "bitmap";

/** The reasons in words: `reserved (network base address)`. */
export const RESERVED_TEXTS: Readonly<Record<ReservedReason, string>> = {
  network: "network base address",
  broadcast: "broadcast address",
  poolEdge: "first or last address of the pool's subnet",
  loopback: "loopback or unspecified address",
  gateway: "gateway",
  bitmap: "taken in the legacy bitmap",
};

/** Why an address is reserved; undefined when it is not. Where there are several reasons, it is the most lasting. */
export function reservedReason(subnet: Subnet, value: bigint): ReservedReason | undefined {
  if (subnet.forbidden.has(value)) return forbiddenReason(subnet, value);
  if (subnet.gateways.has(value)) return "gateway";
  return isInBitmap(subnet, value) ? "bitmap" : undefined;
}

function forbiddenReason({ family, cidr }: Subnet, value: bigint): ReservedReason {
  if (value === cidr.base) return "network";
  if (family === 4) return "broadcast";
  return value <= 1n ? "loopback" : "poolEdge";
}
