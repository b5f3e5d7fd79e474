import type { CniResult } from "../shared/cni/cni_result.ts";
import { AddressError, formatAddress, formatCidr, parseAddress, parseCidr } from "../shared/schema/address.ts";
import type { DanmEpInterface } from "../shared/schema/danm_ep.ts";
import type { OwnRule } from "./record.ts";

/** The routing table of routes that name none. @see ip-route(8) */
export const MAIN_TABLE = 254;

/** What the kernel has in one network namespace. Only what is checked. */
export interface KernelState {
  readonly links: readonly { name: string; mac: string | undefined; up: boolean; addresses: readonly string[] }[];
  /** `destination` as `address/prefix`; `table` undefined = the main one. */
  readonly routes: readonly { destination: string; gateway?: string; dev?: string; table?: number }[];
  /** `from` as `address/prefix`. */
  readonly rules: readonly { from: string; table: number; preference: number }[];
}

/** What a sandbox is to have. */
export interface Expected {
  /** The interfaces of its DanmEps. */
  readonly interfaces: readonly DanmEpInterface[];
  /** The rules of its record. */
  readonly rules: readonly OwnRule[];
  /** What ADD ended with, plugins chained after us included. */
  readonly prevResult: CniResult;
}

/** Everything that a sandbox has not as it is expected, one line each; nothing that it has besides. */
export function planCheck(expected: Expected, state: KernelState): string[] {
  const problems = [
    ...expected.interfaces.flatMap((one) => checkInterface(one, { rules: expected.rules, state })),
    ...checkResult(expected, state),
    ...expected.rules.filter((rule) => !hasRule(rule, state))
      .map(({ interface: name, from, table }) => `${name}: the rule from ${from} to table ${table} is gone`),
  ];
  // An address is in DanmEp and result.
  return [...new Set(problems)];
}

function checkInterface(
  expected: DanmEpInterface,
  { rules, state }: { rules: readonly OwnRule[]; state: KernelState },
): string[] {
  const { Name: name, MacAddress: mac, Address: address, AddressIPv6: address6 } = expected;
  const link = state.links.find((one) => one.name === name);
  if (!link) return [`${name}: the link is gone`];
  const families = [{ text: address, routes: expected.proutes }, { text: address6, routes: expected.proutes6 }]
    .flatMap(({ text, routes }) => text && text !== "none" ? [{ text, routes }] : []);
  const tables = rules.filter((rule) => rule.interface === name).map(({ table }) => table);
  const hasRoute = (destination: string, gateway: string): boolean =>
    state.routes.some((route) =>
      route.table !== undefined && (tables.length === 0 || tables.includes(route.table)) && route.dev === name &&
      route.destination === subnetOf(destination) && route.gateway === addressOf(gateway)
    );
  return [
    ...(link.up ? [] : [`${name}: the link is down`]),
    ...(!mac || sameMac(mac, link.mac) ? [] : [`${name}: the hardware address is ${link.mac}, not ${mac}`]),
    ...families.filter(({ text }) => !link.addresses.includes(canonical(text)))
      .map(({ text }) => `${name}: the address ${text} is gone`),
    // Those of a family that a delegate gave no address of were never set.
    ...families.flatMap(({ routes }) => Object.entries(routes ?? {}))
      .filter(([destination, gateway]) => !hasRoute(destination, gateway))
      .map(([destination, gateway]) => `${name}: the policy route to ${destination} via ${gateway} is gone`),
  ];
}

/** Interfaces of the result that are ours have their addresses; routes are looked for on any of them. */
function checkResult({ prevResult, interfaces }: Expected, state: KernelState): string[] {
  const own = new Set(interfaces.map(({ Name }) => Name));
  const addresses = (prevResult.ips ?? []).flatMap(({ address, interface: index }) => {
    const told = index === undefined ? undefined : prevResult.interfaces?.[index];
    const name = told?.sandbox && own.has(told.name) ? told.name : undefined;
    const link = state.links.find((one) => one.name === name);
    return !link || link.addresses.includes(canonical(address)) ? [] : [`${name}: the address ${address} is gone`];
  });
  const routes = (prevResult.routes ?? []).filter(({ dst, gw, table }) =>
    !state.routes.some((route) =>
      route.destination === subnetOf(dst) && (gw === undefined || route.gateway === addressOf(gw)) &&
      route.table === (table === MAIN_TABLE ? undefined : table)
    )
  );
  const missing = [...own].filter((name) =>
    !(prevResult.interfaces ?? []).some((one) => one.name === name && one.sandbox)
  );
  return [
    ...missing.map((name) => `${name}: prevResult does not have the interface`),
    ...addresses,
    ...routes.map(({ dst, gw }) => `the route to ${dst}${gw === undefined ? "" : ` via ${gw}`} is gone`),
  ];
}

function hasRule(rule: OwnRule, state: KernelState): boolean {
  return state.rules.some(({ from, table }) => table === rule.table && canonical(from) === canonical(rule.from));
}

function sameMac(one: string, other: string | undefined): boolean {
  return one.toLowerCase() === other?.toLowerCase();
}

/** `address/prefix` as the kernel prints it; what is none stays as it is, and is found nowhere. */
function canonical(text: string): string {
  return reading(text, () => {
    const { family, host, prefix } = parseCidr(text);
    return `${formatAddress({ family, value: host })}/${prefix}`;
  });
}

function subnetOf(text: string): string {
  return reading(text, () => formatCidr(parseCidr(text)));
}

function addressOf(text: string): string {
  return reading(text, () => formatAddress(parseAddress(text)));
}

function reading(text: string, format: () => string): string {
  try {
    return format();
  } catch (error) {
    if (error instanceof AddressError) return text;
    throw error;
  }
}
