import type { Network, PoolStatus } from "../shared/schema/network.ts";
import { RequestError } from "../shared/schema/request_error.ts";
import { parseStatic } from "./parse_static.ts";
import { findSubnet, type Subnet } from "./subnet.ts";

/** An address that an interface is to have. */
export interface PlannedAddress {
  readonly family: 4 | 6;
  readonly subnet: Subnet;
  /** Undefined = any of the pool. */
  readonly static?: bigint | undefined;
  /** What the network's status says of the family's pool. */
  readonly status?: PoolStatus | undefined;
}

/** Addresses that are asked for, by family: `dynamic`, `none` or absent, or a static one. */
export interface WantedAddresses {
  readonly ip?: string | undefined;
  readonly ip6?: string | undefined;
}

/** What the addresses are of, and where they are asked for. */
export interface PlanAddressesOptions {
  readonly network: Network;
  /** The network as messages name it: `ClusterNetwork ext`. */
  readonly subject: string;
  /** Where `ip` and `ip6` stand, for messages: `annotation danm.io/interfaces`. */
  readonly source: string;
  /** What comes before `ip` there: `[0].`; empty where they stand by themselves. */
  readonly path: string;
}

/**
 * What is to be allocated for one interface, IPv4 first: every address that is asked for, checked against the network.
 *
 * @throws {RequestError} when the network has no subnet of a family that is asked for
 * @throws {SchemaError} when the network's subnet makes no sense, or the static address does not fit into it
 */
export function planAddresses(wanted: WantedAddresses, options: PlanAddressesOptions): PlannedAddress[] {
  return [
    ...planAddress(wanted.ip, { ...options, family: 4, field: `${options.path}ip` }),
    ...planAddress(wanted.ip6, { ...options, family: 6, field: `${options.path}ip6` }),
  ];
}

function planAddress(
  wanted: string | undefined,
  options: PlanAddressesOptions & { family: 4 | 6; field: string },
): PlannedAddress[] {
  if (wanted === undefined || wanted === "none") return [];
  const { network, family, subject, source, field } = options;
  const subnet = findSubnet(network, { family, subject });
  if (!subnet) {
    const missing = family === 4 ? "cidr" : "net6";
    throw new RequestError({ source, field }, {
      reason: `${subject} has no IPv${family} subnet (${missing})`,
      details: `ask for "none" there, or give the network a ${missing}`,
    });
  }
  const status = family === 4 ? network.status?.ipv4 : network.status?.ipv6;
  if (wanted === "dynamic") return [{ family, subnet, status }];
  return [{ family, subnet, static: parseStatic(subnet, wanted, { subject: source, field }) }];
}
