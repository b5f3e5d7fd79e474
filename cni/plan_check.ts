import type { CniResult } from "../shared/cni/cni_result.ts";
import { AddressError, formatAddress, formatCidr, parseCidr } from "../shared/schema/address.ts";
import type { DanmEpInterface } from "../shared/schema/danm_ep.ts";
import type { KernelState } from "./kernel_state.ts";
import type { OwnRule } from "./record.ts";

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
  return [
    ...expected.interfaces.flatMap((one) => checkInterface(one, state)),
    ...checkResult(expected, state),
    ...expected.rules.filter((rule) => !hasRule(rule, state))
      .map(({ interface: name, from, table }) => `${name}: the rule from ${from} to table ${table} is gone`),
  ];
}

function checkInterface(expected: DanmEpInterface, state: KernelState): string[] {
  const { Name: name, MacAddress: mac, proutes, proutes6 } = expected;
  const link = state.links.find((one) => one.name === name);
  if (!link) return [`${name}: the link is gone`];
  const wanted = [expected.Address, expected.AddressIPv6].filter((text) => text && text !== "none");
  const routes = Object.entries({ ...proutes, ...proutes6 });
  return [
    ...(link.up ? [] : [`${name}: the link is down`]),
    ...(!mac || sameMac(mac, link.mac) ? [] : [`${name}: the hardware address is ${link.mac}, not ${mac}`]),
    ...wanted.filter((text) => text && !link.addresses.includes(canonical(text)))
      .map((text) => `${name}: the address ${text} is gone`),
    ...routes.filter(([destination, gateway]) =>
      !state.routes.some((route) =>
        route.table !== undefined && route.dev === name && route.destination === subnetOf(destination) &&
        route.gateway === gateway
      )
    ).map(([destination, gateway]) => `${name}: the policy route to ${destination} via ${gateway} is gone`),
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
      route.destination === subnetOf(dst) && (gw === undefined || route.gateway === gw) && route.table === table
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
  return reading(text, ({ family, host, prefix }) => `${formatAddress({ family, value: host })}/${prefix}`);
}

function subnetOf(text: string): string {
  return reading(text, formatCidr);
}

function reading(text: string, format: (cidr: ReturnType<typeof parseCidr>) => string): string {
  try {
    return format(parseCidr(text));
  } catch (error) {
    if (error instanceof AddressError) return text;
    throw error;
  }
}
