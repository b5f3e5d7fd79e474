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

/** What ADD answers, in the words of version 1.1.0; {@linkcode renderResult} brings it into the version asked for. */
export interface CniResult {
  readonly interfaces?: readonly CniInterface[];
  readonly ips?: readonly CniIp[];
  readonly routes?: readonly CniRoute[];
  readonly dns?: Readonly<Record<string, unknown>>;
}

/**
 * A result as a document of the given version: what that version does not know is left out, what it demands is added.
 *
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#section-5-result-types
 */
export function renderResult(result: CniResult, cniVersion: CniVersion): Record<string, unknown> {
  const newest = cniVersion === "1.1.0";
  const withFamily = cniVersion === "0.3.1" || cniVersion === "0.4.0";
  const interfaces = result.interfaces?.map((one) => newest ? one : pick(one, ["name", "mac", "sandbox"]));
  const routes = result.routes?.map((one) => newest ? one : pick(one, ["dst", "gw"]));
  const ips = result.ips?.map((ip) => withFamily ? { version: ip.address.includes(":") ? "6" : "4", ...ip } : ip);
  return {
    cniVersion,
    ...(interfaces && { interfaces }),
    ...(ips && { ips }),
    ...(routes && { routes }),
    ...(result.dns && { dns: result.dns }),
  };
}

function pick<T extends object>(value: T, keys: readonly (keyof T)[]): Partial<T> {
  const picked: Partial<T> = {};
  for (const key of keys) if (value[key] !== undefined) picked[key] = value[key];
  return picked;
}
