import type { CniResult } from "../shared/cni/cni_result.ts";
import { type Cidr, formatAddress, formatCidr, parseCidr } from "../shared/schema/address.ts";
import type { IpCommand } from "../shared/host/ip_batch.ts";
import type { Sysctl } from "../shared/host/sysctl.ts";
import type { PlannedAttachment, PlannedRoute } from "./planned_attachment.ts";
import type { OwnRule } from "./record.ts";

/** An address that an interface has, or is to have. */
export interface GivenAddress {
  readonly family: 4 | 6;
  /** The subnet that it is in on the link. */
  readonly cidr: Cidr;
  readonly value: bigint;
}

/** An interface with the addresses that it has got. */
export interface Configured {
  readonly attachment: PlannedAttachment;
  readonly addresses: readonly GivenAddress[];
  /** What a delegate answered that has set the addresses, too; absent = they are ours to set. */
  readonly result?: CniResult | undefined;
  /** Families whose default routes the delegate is not to have set: another interface has them. */
  readonly noDefaultRoute?: readonly (4 | 6)[] | undefined;
}

/** `10.0.0.5/24` */
export function formatGiven({ family, value, cidr }: GivenAddress): string {
  return `${formatAddress({ family, value })}/${cidr.prefix}`;
}

/** The address of `10.0.0.5/24`. @throws {AddressError} */
export function parseGiven(text: string): GivenAddress {
  const cidr = parseCidr(text);
  return { family: cidr.family, value: cidr.host, cidr };
}

/** The routes of an interface that are of the families of its addresses. */
export function routesOf({ attachment, addresses }: Configured): PlannedRoute[] {
  return attachment.routes.filter((route) => addresses.some(({ family }) => family === route.family));
}

/** Finds the name that a link has before it is configured; that of its interface unless it was made under another. */
export type NameOf = (interfaceName: string) => string;

/** Names of links before they are configured. */
export interface LinkNames {
  readonly nameOf: NameOf;
  /** The link that an interface is on in the sandbox itself; undefined where it is on none. */
  readonly lowerOf: (attachment: PlannedAttachment) => string | undefined;
}

/** Preference of our policy rules: before the kernel's own at 32766 and 32767. Given, so that none is added twice. */
export const RULE_PREFERENCE = 32000;

/**
 * Kernel parameters of a sandbox. Addresses are announced (gratuitous ARP, unsolicited neighbour advertisement). An
 * interface answers ARP for its own IPv4 addresses only: by default each that hears the question answers for all of the
 * sandbox, so that where networks share a segment traffic takes the interface that was quickest. IPv6 is on exactly where
 * there are IPv6 addresses, takes nothing from routers, and does not wait for duplicate detection: the API server has
 * made sure that there is no duplicate.
 *
 * @see https://docs.kernel.org/networking/ip-sysctl.html arp_notify, arp_ignore, ndisc_notify, accept_dad, accept_ra
 */
export function renderSysctls(configured: readonly Configured[], { nameOf, lowerOf }: LinkNames): Sysctl[] {
  return [
    { key: ["net", "ipv4", "conf", "all", "arp_notify"], value: "1" },
    { key: ["net", "ipv6", "conf", "all", "ndisc_notify"], value: "1" },
    // What is on others' interfaces is for them, and for the Pod.
    ...configured.filter(({ attachment }) => !attachment.nad).flatMap(({ attachment, addresses }) => {
      const link = nameOf(attachment.interface);
      const keyOf = (link: string, name: string): string[] => ["net", "ipv6", "conf", link, name];
      const key = (name: string): string[] => keyOf(link, name);
      const lower = lowerOf(attachment);
      const both = [
        { key: ["net", "ipv4", "conf", link, "arp_ignore"], value: "1" },
        ...(lower === undefined ? [] : [{ key: keyOf(lower, "disable_ipv6"), value: "1" }]),
      ];
      if (!addresses.some(({ family }) => family === 6)) return [...both, { key: key("disable_ipv6"), value: "1" }];
      return [
        ...both,
        { key: key("disable_ipv6"), value: "0" },
        { key: key("accept_dad"), value: "0" },
        { key: key("accept_ra"), value: "0" },
        { key: key("autoconf"), value: "0" },
        { key: key("keep_addr_on_down"), value: "1" },
      ];
    }),
  ];
}

/**
 * The commands that give an interface its addresses and its name, bring it up, announce it and set its routes and IPv4
 * rules, to be run in the sandbox, and to stop at the first that fails: what follows a name that is taken would be done
 * to another's link.
 *
 * The kernel announces addresses when a link comes up with them, as ours do, and when its hardware address is set, be it
 * to what it is: that is for delegates' links, which are up already. Taking them down instead would cost 15 ms.
 *
 * @param at.mac the hardware address of a link that is up already
 */
export function renderConfiguration(
  configured: Configured,
  at: LinkNames & { mac: string | undefined },
): IpCommand[] {
  const { attachment, addresses, result } = configured;
  const { interface: name, mtuBytes, backend } = attachment;
  if (attachment.nad) return renderRoutes(configured);
  const before = at.nameOf(name);
  const lower = at.lowerOf(attachment);
  // Other links were made with it.
  const isGiven = result !== undefined || (backend === "sriov" && before === name);
  const ours = result === undefined ? addresses : [];
  return [
    ...ours.map((address) => [
      ...["addr", "replace", formatGiven(address), "dev", before],
      ...(address.family === 6 ? ["nodad"] : []),
    ]),
    ...(isGiven && mtuBytes !== undefined ? [["link", "set", "dev", name, "mtu", String(mtuBytes)]] : []),
    ...(before === name ? [] : [["link", "set", "dev", before, "name", name]]),
    // Not before: VLAN links come up with the link that they are on, and one that is up keeps its name.
    ...(lower === undefined ? [] : [["link", "set", "dev", lower, "up"]]),
    ["link", "set", "dev", name, "up", ...(at.mac === undefined ? [] : ["address", at.mac])],
    ...addresses.flatMap((address) => onLinkRoute({ attachment, address })),
    ...renderRoutes(configured),
    ...ruleCommands("add", renderRules(configured), 4),
    ["link", "show", "dev", name],
  ];
}

/**
 * The commands that take away the default routes that an interface is not to have. They come before any interface's
 * routes: the kernel replaces the first default route that it has, and refuses where the new one stands behind it.
 */
export function renderWithdrawals({ attachment: { interface: name }, noDefaultRoute = [] }: Configured): IpCommand[] {
  return noDefaultRoute.map((family) => ["route", "flush", "exact", family === 4 ? "0.0.0.0/0" : "::/0", "dev", name]);
}

function renderRoutes(configured: Configured): IpCommand[] {
  return routesOf(configured).map(({ destination, gateway, table }) => [
    ...["route", "replace", destination, "via", gateway, "dev", configured.attachment.interface],
    ...(table === undefined ? [] : ["table", String(table)]),
  ]);
}

/** The subnet itself, in the table of policy routes: what is for neighbours must not go to a gateway. */
function onLinkRoute({ attachment, address }: { attachment: PlannedAttachment; address: GivenAddress }): IpCommand[] {
  const table = policyTable(attachment, address.family);
  const subnet = formatCidr(address.cidr);
  return table === undefined ? [] : [["route", "replace", subnet, "dev", attachment.interface, "table", String(table)]];
}

/** The table that an interface's policy routes of a family are in; undefined when it has none. */
function policyTable({ routes }: PlannedAttachment, family: 4 | 6): number | undefined {
  return routes.find((route) => route.family === family && route.table !== undefined)?.table;
}

/** Rules that send what comes from the interface's own addresses, never from its subnet, to the table of its policy routes. */
export function renderRules({ attachment, addresses }: Configured): OwnRule[] {
  return addresses.flatMap(({ family, value }) => {
    const table = policyTable(attachment, family);
    if (table === undefined) return [];
    return [{
      interface: attachment.interface,
      from: `${formatAddress({ family, value })}/${family === 4 ? 32 : 128}`,
      table,
    }];
  });
}

/**
 * The commands that add or delete those rules that are of the family. `ip rule` does not tell the family by the address:
 * those of IPv6 need a batch of their own, which says so.
 */
export function ruleCommands(action: "add" | "del", rules: readonly OwnRule[], family: 4 | 6): IpCommand[] {
  return rules.filter(({ from }) => from.includes(":") === (family === 6)).map(({ from, table }) => [
    ...["rule", action, "from", from, "table", String(table), "pref", String(RULE_PREFERENCE)],
  ]);
}
