import { type Cidr, cidrContains, formatCidr, parseCidr } from "./address.ts";

/**
 * Subnets whose addresses no interface of a network can have, by family: "this network" and loopback (RFC 1122,
 * 3.2.1.3), multicast; of IPv6 link-local addresses, which the kernel makes itself, and multicast (RFC 4291, 2.5.6, 2.7).
 */
export const UNUSABLE_SUBNETS: Readonly<Record<4 | 6, readonly string[]>> = {
  4: ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4"],
  6: ["fe80::/10", "ff00::/8"],
};

/** Which of {@linkcode UNUSABLE_SUBNETS} a subnet has addresses of, in canonical form; undefined when of none. */
export function findUnusable(cidr: Cidr): string | undefined {
  const unusable = UNUSABLE_SUBNETS[cidr.family].map(parseCidr).find((one) =>
    cidrContains(one, { family: cidr.family, value: cidr.base }) ||
    cidrContains(cidr, { family: cidr.family, value: one.base })
  );
  return unusable && formatCidr(unusable);
}
