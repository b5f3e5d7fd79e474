import { parseStatic } from "../ipam/parse_static.ts";
import { planAddresses, type PlannedAddress } from "../ipam/plan_addresses.ts";
import { findSubnet, type Subnet } from "../ipam/subnet.ts";
import type { IpRequest } from "../shared/cni/ip_requests.ts";
import { CniError, ErrorCode } from "../shared/errors.ts";
import { AddressError, parseAddress, parseCidr } from "../shared/schema/address.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import type { Network } from "../shared/schema/network.ts";

/**
 * What is to be allocated: by family the address that the caller asks for; otherwise what the `ipam` section says;
 * otherwise any address, if the network has that family.
 *
 * @param input.subject the network as messages name it
 * @throws {CniError} code 104 when two addresses of a family are asked for, or none at all, or one that does not fit, or
 *   when the network has no subnet
 * @throws {SchemaError} when the static address of the `ipam` section does not fit into the network
 */
export function planRequest(
  input: {
    readonly network: Network;
    readonly subject: string;
    readonly conf: { readonly ip?: string | undefined; readonly ip6?: string | undefined };
    readonly requests: readonly IpRequest[];
  },
): PlannedAddress[] {
  const { network, subject } = input;
  const asked = input.requests.map((request) => ({ ...request, family: familyOf(request) }));
  const planned = ([4, 6] as const).flatMap((family) => planFamily(family, { ...input, requests: asked }));
  if (planned.length > 0) return planned;
  const { cidr, net6 } = network.spec.Options;
  if (cidr === undefined && net6 === undefined) {
    throw new CniError(ErrorCode.InvalidRequest, `${subject} has no subnet (cidr, net6) to take addresses of`, {
      details: "give the network one, or name another network in the ipam section",
    });
  }
  throw new CniError(ErrorCode.InvalidRequest, `no address of ${subject} is asked for`, {
    details: "ipam.ip and ipam.ip6 are none for each family that the network has; an interface needs one of them",
  });
}

interface AskedAddress extends IpRequest {
  readonly family: 4 | 6;
}

/** Before anything is said about families: a text that is no address has none. */
function familyOf({ text, field }: IpRequest): 4 | 6 {
  try {
    return (text.includes("/") ? parseCidr(text) : parseAddress(text)).family;
  } catch (cause) {
    if (!(cause instanceof AddressError)) throw cause;
    throw new CniError(ErrorCode.InvalidRequest, `${field}: ${cause.message}`, { cause });
  }
}

function planFamily(
  family: 4 | 6,
  input: Omit<Parameters<typeof planRequest>[0], "requests"> & { readonly requests: readonly AskedAddress[] },
): PlannedAddress[] {
  const { network, subject, conf } = input;
  const key = family === 4 ? "ip" : "ip6";
  const [asked, second] = input.requests.filter((request) => request.family === family);
  if (second) {
    throw new CniError(
      ErrorCode.InvalidRequest,
      `${asked?.field} ${asked?.text} and ${second.field} ${second.text} both ask for an IPv${family} address of ${subject}`,
      { details: "an interface has one address of each family" },
    );
  }
  if (asked) return [planAsked(asked, { network, subject })];
  const has = network.spec.Options[family === 4 ? "cidr" : "net6"] !== undefined;
  const wanted = conf[key] ?? (has ? "dynamic" : "none");
  return planAddresses({ [key]: wanted }, { network, subject, source: "configuration", path: "ipam." });
}

/** Who calls asks for addresses: `dynamic` and `none` are words of the `ipam` section. */
function planAsked(
  { text, field, family }: AskedAddress,
  { network, subject }: { network: Network; subject: string },
): PlannedAddress {
  const subnet = findSubnet(network, { family, subject });
  if (subnet) return { family, subnet, static: parseAsked(subnet, { text, field }) };
  const missing = family === 4 ? "cidr" : "net6";
  throw new CniError(ErrorCode.InvalidRequest, `${field}: ${subject} has no IPv${family} subnet (${missing})`, {
    details: `do not ask for ${text}, or give the network a ${missing}`,
  });
}

function parseAsked(subnet: Subnet, { text, field }: IpRequest): bigint {
  try {
    return parseStatic(subnet, text, { subject: field, field: "" });
  } catch (cause) {
    if (!(cause instanceof SchemaError)) throw cause;
    throw new CniError(ErrorCode.InvalidRequest, cause.message, { cause });
  }
}
