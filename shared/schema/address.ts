import ipaddr from "ipaddr.js";

/** An IP address: its family and its numeric value. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A subnet, and the address that was written in front of the slash. */
export interface Cidr {
  readonly family: 4 | 6;
  /** First address of the subnet: the written address with its host bits cleared. */
  readonly base: bigint;
  /** Length of the prefix: 0–32 or 0–128. */
  readonly prefix: number;
  /** The address as written, host bits included. */
  readonly host: bigint;
}

/** A text is not an address or subnet that everybody reads in the same way. */
export class AddressError extends Error {
  override readonly name = "AddressError";
  readonly text: string;
  readonly reason: string;

  constructor(text: string, reason: string) {
    super(`${JSON.stringify(text)} ${reason}`);
    this.text = text;
    this.reason = reason;
  }
}

const V4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;
const V6 = /^[0-9A-Fa-f:]+$/;
const PREFIX = /^(?:0|[1-9]\d{0,2})$/;
const MAPPED = 0xffffn << 32n;

/** Number of bits of an address: 32 or 128. */
export function addressBits(family: 4 | 6): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/**
 * Parses an IPv4 or IPv6 address.
 *
 * Only forms that no program reads in another way are taken: no octal-looking `010.0.0.1`, no short `10.1`,
 * no zone, no IPv4 address dressed as IPv6 (`::ffff:10.0.0.1`).
 *
 * @throws {AddressError} naming the text and the reason
 */
export function parseAddress(text: string): Address {
  if (V4.test(text)) return { family: 4, value: parseV4(text) };
  if (!text.includes(":")) throw new AddressError(text, v4Reason(text));
  return { family: 6, value: parseV6(text) };
}

function parseV4(text: string): bigint {
  const octets = text.split(".").map(Number);
  if (octets.some((octet) => octet > 255)) throw new AddressError(text, "is not an IP address: a part is above 255");
  return BigInt(octets.reduce((sum, octet) => sum * 256 + octet, 0));
}

function v4Reason(text: string): string {
  if (text === "") return "is not an IP address: it is empty";
  if (/^\d+(?:\.\d+){3}$/.test(text)) return "is not an IP address: a part has leading zeros or is too long";
  if (/^\d+(?:\.\d+){0,2}$/.test(text)) return "is not an IP address: short forms are not accepted";
  return "is not an IP address";
}

function parseV6(text: string): bigint {
  if (text.includes("%")) throw new AddressError(text, "is not an IP address: zones are not accepted");
  const groups = withoutDots(text);
  if (groups === undefined || !V6.test(groups) || !ipaddr.IPv6.isValid(groups)) {
    throw new AddressError(text, "is not an IPv6 address");
  }
  const value = ipaddr.IPv6.parse(groups).parts.reduce((sum, part) => (sum << 16n) | BigInt(part), 0n);
  if (value >> 32n === MAPPED >> 32n) {
    throw new AddressError(text, "is an IPv4 address written as IPv6: write it as IPv4");
  }
  return value;
}

/**
 * Writes a dotted end as two groups; undefined when it is no IPv4 address. ipaddr.js must not see it: it takes
 * `::10.0.0.1` for `::ffff:10.0.0.1`.
 */
function withoutDots(text: string): string | undefined {
  if (!text.includes(".")) return text;
  const start = text.lastIndexOf(":") + 1;
  const octets = text.slice(start).split(".").map(Number);
  if (!V4.test(text.slice(start)) || octets.some((octet) => octet > 255)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  return `${text.slice(0, start)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** Writes an address in its one canonical form: dotted decimal, or RFC 5952 for IPv6. */
export function formatAddress(address: Address): string {
  if (address.family === 4) return [24n, 16n, 8n, 0n].map((bits) => (address.value >> bits) & 255n).join(".");
  return new ipaddr.IPv6(v6Groups(address.value)).toRFC5952String();
}

/** The eight 16-bit groups of an IPv6 address, first group first. */
export function v6Groups(value: bigint): number[] {
  return Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
}

/**
 * Parses `address/prefix`. Host bits may be set: `base` has them cleared, `host` is what was written.
 *
 * @throws {AddressError} naming the text and the reason
 */
export function parseCidr(text: string): Cidr {
  const slash = text.indexOf("/");
  if (slash < 0) throw new AddressError(text, "is not a subnet: the prefix length is missing");
  const address = parseAddressOf(text, text.slice(0, slash));
  const digits = text.slice(slash + 1);
  const bits = addressBits(address.family);
  if (!PREFIX.test(digits) || Number(digits) > bits) {
    throw new AddressError(text, `is not a subnet: the prefix length must be a number from 0 to ${bits}`);
  }
  const prefix = Number(digits);
  const hostBits = BigInt(bits - prefix);
  return { family: address.family, base: (address.value >> hostBits) << hostBits, prefix, host: address.value };
}

function parseAddressOf(whole: string, part: string): Address {
  try {
    return parseAddress(part);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    throw new AddressError(whole, error.reason.replace("is not an IP address", "is not a subnet"));
  }
}

/** Writes the subnet in its canonical form, host bits cleared: `10.0.0.0/24`. */
export function formatCidr(cidr: Pick<Cidr, "family" | "base" | "prefix">): string {
  return `${formatAddress({ family: cidr.family, value: cidr.base })}/${cidr.prefix}`;
}

/** Number of addresses of a subnet. */
export function cidrSize(cidr: Pick<Cidr, "family" | "prefix">): bigint {
  return 1n << BigInt(addressBits(cidr.family) - cidr.prefix);
}

/** Last address of a subnet. */
export function cidrEnd(cidr: Pick<Cidr, "family" | "base" | "prefix">): bigint {
  return cidr.base + cidrSize(cidr) - 1n;
}

/** Whether the address belongs to the subnet; an address of the other family never does. */
export function cidrContains(cidr: Pick<Cidr, "family" | "base" | "prefix">, address: Address): boolean {
  return cidr.family === address.family && address.value >= cidr.base && address.value <= cidrEnd(cidr);
}
