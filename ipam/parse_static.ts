import {
  type Address,
  AddressError,
  cidrContains,
  formatCidr,
  parseAddress,
  parseCidr,
} from "../shared/schema/address.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import { RESERVED_TEXTS, reservedReason } from "./reserved_reason.ts";
import type { Subnet } from "./subnet.ts";

/**
 * The static address that a Pod asks for, checked against the subnet.
 *
 * @param text canonical address, with or without a prefix length; one that is given must be the network's
 * @throws {SchemaError} naming the field and what would be accepted
 */
export function parseStatic(subnet: Subnet, text: string, at: { subject: string; field: string }): bigint {
  const cidr = formatCidr(subnet.cidr);
  const address = parseWritten(subnet, text, at);
  if (!cidrContains(subnet.cidr, address)) {
    throw new SchemaError(at.subject, [{ field: at.field, reason: `${text} is not inside ${cidr}` }]);
  }
  const reserved = reservedReason(subnet, address.value);
  if (reserved === undefined || !subnet.forbidden.has(address.value)) return address.value;
  const reason = `${text} is never given: it is reserved in ${cidr} (${RESERVED_TEXTS[reserved]})`;
  throw new SchemaError(at.subject, [{ field: at.field, reason }]);
}

function parseWritten(subnet: Subnet, text: string, at: { subject: string; field: string }): Address {
  try {
    return text.includes("/") ? parsePrefixed(subnet, text, at) : parseAddress(text);
  } catch (error) {
    if (error instanceof AddressError) throw new SchemaError(at.subject, [{ field: at.field, reason: error.message }]);
    throw error;
  }
}

function parsePrefixed(subnet: Subnet, text: string, at: { subject: string; field: string }): Address {
  const { prefix, host, family } = parseCidr(text);
  if (prefix !== subnet.cidr.prefix) {
    const reason = `prefix length of ${text} is not the network's, which is /${subnet.cidr.prefix}`;
    throw new SchemaError(at.subject, [{ field: at.field, reason }]);
  }
  return { family, value: host };
}
