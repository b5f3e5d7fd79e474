import {
  type Address,
  AddressError,
  type Cidr,
  cidrContains,
  formatCidr,
  parseAddress,
  parseCidr,
} from "../shared/schema/address.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import { findUnusable } from "../shared/schema/unusable_subnets.ts";

/** An option of a network, for messages. */
export interface OptionName {
  /** The network: `DanmNet default/management`. */
  readonly subject: string;
  /** Path of the field inside of `spec.Options`. */
  readonly field: string;
}

/**
 * A subnet in an option; undefined when it is not set.
 *
 * @throws {SchemaError} when it is no subnet, one of the other family, or one of addresses that no interface can have
 */
export function parseSubnet(text: string | undefined, at: OptionName & { family: 4 | 6 }): Cidr | undefined {
  if (!text) return undefined;
  const cidr = parsing(() => parseCidr(text), at);
  if (cidr.family !== at.family) throw wrongOption(at, `${text} is not an IPv${at.family} subnet`);
  const unusable = findUnusable(cidr);
  if (unusable === undefined) return cidr;
  throw wrongOption(at, `${text} has addresses of ${unusable}, which no interface can have`);
}

/**
 * An address in an option that must be inside of a subnet; undefined when it is not set.
 *
 * @throws {SchemaError}
 */
export function parseInside(cidr: Cidr, text: string | undefined, at: OptionName): bigint | undefined {
  if (!text) return undefined;
  const address = parsing(() => parseAddress(text), at);
  if (!cidrContains(cidr, address)) throw wrongOption(at, `${text} is not inside ${formatCidr(cidr)}`);
  return address.value;
}

/**
 * The gateways of `routes` or `routes6`.
 *
 * @throws {SchemaError} when a destination is no subnet of the same family, or a gateway is not inside of `cidr`
 */
export function parseGateways(
  routes: Readonly<Record<string, string>> | undefined,
  { cidr, subject, field }: OptionName & { cidr: Cidr },
): ReadonlySet<bigint> {
  const gateways = Object.entries(routes ?? {}).map(([destination, gateway]) => {
    const at = { subject, field: `${field}[${destination}]` };
    const to = parsing(() => parseCidr(destination), at);
    if (to.family !== cidr.family) throw wrongOption(at, `${destination} is of the other family`);
    const address: Address = parsing(() => parseAddress(gateway), at);
    if (cidrContains(cidr, address)) return address.value;
    throw wrongOption(at, `gateway ${gateway} is not inside ${formatCidr(cidr)}`);
  });
  return new Set(gateways);
}

/** The error that names an option and what is wrong with it. */
export function wrongOption(at: OptionName, reason: string): SchemaError {
  return new SchemaError(at.subject, [{ field: `spec.Options.${at.field}`, reason }]);
}

function parsing<T>(parse: () => T, at: OptionName): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AddressError) throw wrongOption(at, error.message);
    throw error;
  }
}
