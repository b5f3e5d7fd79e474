import type { CniVersion } from "./cni_version.ts";

/** An interface that a plugin made, in the host (`sandbox` absent) or in the sandbox. */
export interface CniInterface {
  readonly name: string;
  readonly mac?: string;
  /** Path of the network namespace. */
  readonly sandbox?: string;
  /** In bytes. */
  readonly mtu?: number;
  readonly socketPath?: string;
  readonly pciID?: string;
}

/** An address of a result; `interface` is an index into `interfaces`. */
export interface CniIp {
  /** With its prefix length. */
  readonly address: string;
  readonly gateway?: string;
  readonly interface?: number;
}

/** A route of a result. */
export interface CniRoute {
  readonly dst: string;
  readonly gw?: string;
  readonly mtu?: number;
  readonly advmss?: number;
  readonly priority?: number;
  readonly table?: number;
  readonly scope?: number;
}

/** What resolvers of the sandbox should use. */
export interface CniDns {
  readonly nameservers?: readonly string[];
  readonly domain?: string;
  readonly search?: readonly string[];
  readonly options?: readonly string[];
}

/** What ADD answers, in the words of version 1.1.0; {@linkcode renderResult} brings it into the version asked for. */
export interface CniResult {
  /** Absent in the results of IPAM plugins. */
  readonly interfaces?: readonly CniInterface[];
  readonly ips?: readonly CniIp[];
  readonly routes?: readonly CniRoute[];
  readonly dns?: CniDns;
}

/** The keys of the entries, those that came with 1.1.0 apart. */
const INTERFACE = { old: ["name", "mac", "sandbox"], added: ["mtu", "socketPath", "pciID"] } as const;
const ROUTE = { old: ["dst", "gw"], added: ["mtu", "advmss", "priority", "table", "scope"] } as const;

/**
 * A result as a document of the given version: what that version does not know is left out, what it demands is added.
 * No address points at an interface that is not there.
 *
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#section-5-result-types
 */
export function renderResult(result: CniResult, cniVersion: CniVersion): Record<string, unknown> {
  const { interfaces = [], ips, routes, dns } = result;
  const newest = cniVersion === "1.1.0";
  const keysOf = <K>({ old, added }: { old: readonly K[]; added: readonly K[] }): K[] =>
    newest ? [...old, ...added] : [...old];
  return {
    cniVersion,
    ...(result.interfaces && {
      interfaces: interfaces.map((one) => pick(one, keysOf<keyof CniInterface>(INTERFACE))),
    }),
    ...(ips && { ips: ips.map((ip) => renderIp(ip, { interfaceCount: interfaces.length, cniVersion })) }),
    ...(routes && { routes: routes.map((one) => pick(one, keysOf<keyof CniRoute>(ROUTE))) }),
    ...(dns && { dns: pick(dns, ["nameservers", "domain", "search", "options"]) }),
  };
}

function renderIp(
  ip: CniIp,
  { interfaceCount, cniVersion }: { interfaceCount: number; cniVersion: CniVersion },
): Record<string, unknown> {
  const withFamily = cniVersion === "0.3.1" || cniVersion === "0.4.0";
  const index = ip.interface ?? -1;
  const pointsSomewhere = Number.isInteger(index) && index >= 0 && index < interfaceCount;
  return {
    ...(withFamily && { version: ip.address.includes(":") ? "6" : "4" }),
    ...pick(ip, pointsSomewhere ? ["address", "gateway", "interface"] : ["address", "gateway"]),
  };
}

function pick<T extends object>(value: T, keys: readonly (keyof T)[]): Partial<T> {
  const picked: Partial<T> = {};
  for (const key of keys) if (value[key] !== undefined) picked[key] = value[key];
  return picked;
}
