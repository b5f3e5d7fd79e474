import { parseStatic } from "../../ipam/parse_static.ts";
import { findSubnet, isDynamic } from "../../ipam/subnet.ts";
import { cidrContains, parseCidr } from "../../shared/schema/address.ts";
import type { InterfaceRequest } from "../../shared/schema/interfaces_annotation.ts";
import type { Network } from "../../shared/schema/network.ts";

/** An interface as a sandbox got it. */
export interface GotInterface {
  readonly name: string;
  readonly mac: string;
  /** With prefix lengths. */
  readonly addresses: readonly string[];
}

/** An interface that was asked for, and what came of it. */
export interface Attachment {
  readonly index: number;
  readonly request: InterfaceRequest;
  readonly network: Network;
  readonly got: GotInterface;
}

/** The network that a Pod of namespace default means; undefined when there is none. */
export function findNetwork(networks: readonly Network[], request: InterfaceRequest): Network | undefined {
  return networks.find(({ kind, metadata }) =>
    kind === request.kind && metadata.name === request.name &&
    (kind === "ClusterNetwork" || metadata.namespace === "default")
  );
}

/** Whether an address is IPv4 or IPv6. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}

/** What an interface has or lacks against what was asked for, one sentence each; empty when it is as it should be. */
export function findDeviations(attachment: Attachment): string[] {
  const { index, network, got } = attachment;
  const name = index === 0 ? "eth0" : `${network.spec.Options.container_prefix || "eth"}${index}`;
  const wrongName = got.name === name ? [] : [`interface ${index} is called ${got.name}, not ${name}`];
  const wrongMac = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(got.mac) ? [] : [`${name} has no hardware address`];
  return [...wrongName, ...wrongMac, ...deviationsOf(attachment, 4), ...deviationsOf(attachment, 6)];
}

function deviationsOf({ request, network, got }: Attachment, family: 4 | 6): string[] {
  const asked = (family === 4 ? request.ip : request.ip6) ?? "none";
  const addresses = got.addresses.filter((address) => familyOf(address) === family);
  const [address] = addresses;
  if (addresses.length > 1) return [`${got.name} has several IPv${family} addresses: ${addresses.join(", ")}`];
  if (asked === "none") return address ? [`${got.name} has ${address} and asked for no IPv${family} address`] : [];
  if (!address) return [`${got.name} has no IPv${family} address`];
  const subject = `${network.kind} ${network.metadata.name}`;
  const subnet = findSubnet(network, { family, subject });
  if (!subnet) return [`${subject} has no IPv${family} subnet, and ${got.name} has ${address}`];
  const { host, prefix } = parseCidr(address);
  if (prefix !== subnet.cidr.prefix || !cidrContains(subnet.cidr, { family, value: host })) {
    return [`${address} of ${got.name} is not of the subnet of ${subject}`];
  }
  if (asked === "dynamic") return isDynamic(subnet, host) ? [] : [`${address} of ${got.name} is outside the pool`];
  const wanted = parseStatic(subnet, asked, { subject, field: "ip" });
  return wanted === host ? [] : [`${got.name} has ${address} and asked for ${asked}`];
}
