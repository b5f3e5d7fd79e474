import { type Address, formatAddress, parseAddress, v6Groups } from "./address.ts";

/**
 * Name of the DanmIp of an address: `<address>.<space>`, IPv4 dotted, IPv6 as eight groups of four lower-case hex
 * digits joined by `-`.
 *
 * @param address text in any accepted form, or already parsed
 * @throws {AddressError} when a text is not an address
 */
export function danmIpName(address: string | Address, space: string): string {
  const parsed = typeof address === "string" ? parseAddress(address) : address;
  return `${parsed.family === 4 ? formatAddress(parsed) : groupsName(parsed.value)}.${space}`;
}

function groupsName(value: bigint): string {
  return v6Groups(value).map((group) => group.toString(16).padStart(4, "0")).join("-");
}
