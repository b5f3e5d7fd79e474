import { parseArgs } from "@std/cli";
import type { NamingScheme } from "../ipam/plan_interfaces.ts";
import { messageOf } from "../shared/errors.ts";
import type { LogLevel } from "../shared/log.ts";
import {
  CERTIFICATE_FLAGS,
  CERTIFICATE_USAGE,
  type CertificateFlags,
  parseCertificateFlags,
} from "./certificates/certificate_flags.ts";

/** What the command line says. */
export interface Flags {
  /** Certificate chain and key for HTTPS, when somebody else makes them. */
  readonly certificateFiles?: { readonly cert: string; readonly key: string };
  /** How they are made when nobody else does. */
  readonly certificates: CertificateFlags;
  /** Authorities of the API servers' client certificates; absent = whoever comes is answered. */
  readonly clientCaFile?: string;
  /** Of HTTPS; the empty string is every address. */
  readonly bindAddress: string;
  readonly bindPort: number;
  /** Of probes and metrics. */
  readonly operationsPort: number;
  /** Absent in a Pod. */
  readonly kubeconfig?: string;
  readonly logLevel: LogLevel;
  /** As in the configuration of the CNI plugin, which names the interfaces. */
  readonly namingScheme: NamingScheme;
  /** Requests that are taken on at once. */
  readonly maxInFlight: number;
  /** How long requests are still taken after SIGTERM: as long as it takes until nobody sends any. */
  readonly drainMs: number;
}

/** A command line that cannot be followed; the message says what would be. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

/** What `-help` prints. */
export const USAGE = `usage: danm-webhook [flags]

  -tls-cert-bundle FILE        certificate chain for HTTPS, PEM; without it the webhook makes its own
  -tls-private-key-file FILE   the key of that certificate, PEM
  -client-ca-file FILE         answer only who has a certificate of these authorities, PEM (default: whoever comes)
  -bind-address ADDRESS        where HTTPS listens (default: every address)
  -bind-port PORT              port of HTTPS (default: 8443)
  -operations-port PORT        port of /livez, /readyz and /metrics, plain HTTP (default: 8080)
  -kubeconfig FILE             how to reach the API server (default: as a Pod's ServiceAccount)
  -naming-scheme SCHEME        namingScheme of the CNI plugin's configuration: awesome or legacy (default: awesome)
  -log-level LEVEL             debug, info, warn or error (default: info)
  -max-in-flight NUMBER        requests taken on at once; more are told to come again (default: 200)
  -drain-seconds SECONDS       how long requests are still taken after SIGTERM (default: 10)
${CERTIFICATE_USAGE}`;

const NAMES = [
  "tls-cert-bundle",
  "tls-private-key-file",
  "client-ca-file",
  "bind-address",
  "bind-port",
  "operations-port",
  "kubeconfig",
  "log-level",
  "naming-scheme",
  "max-in-flight",
  "drain-seconds",
  ...CERTIFICATE_FLAGS,
] as const;

/**
 * Reads the command line; flags have one dash or two.
 *
 * @returns undefined when help was asked for
 * @throws {FlagError}
 */
export function parseFlags(args: readonly string[]): Flags | undefined {
  const twoDashes = args.map((arg) => /^-[a-z]{2}/.test(arg) ? `-${arg}` : arg);
  const unknown = (arg: string): never => {
    throw new FlagError(`${arg}: no such flag\n\n${USAGE}`);
  };
  const given = parseArgs(twoDashes, { string: NAMES, boolean: ["help"], alias: { help: "h" }, unknown });
  if (given.help) return undefined;
  const { "tls-cert-bundle": cert, "tls-private-key-file": key, kubeconfig } = given;
  if (!cert !== !key) throw new FlagError("-tls-cert-bundle and -tls-private-key-file: both or none");
  return {
    ...(cert && key ? { certificateFiles: { cert, key } } : {}),
    certificates: certificateFlags(given),
    ...(given["client-ca-file"] ? { clientCaFile: given["client-ca-file"] } : {}),
    bindAddress: given["bind-address"] ?? "",
    bindPort: wholeNumber("bind-port", given["bind-port"], { unset: 8443, max: 65_535 }),
    operationsPort: wholeNumber("operations-port", given["operations-port"], { unset: 8080, max: 65_535 }),
    ...(kubeconfig ? { kubeconfig } : {}),
    logLevel: logLevel(given["log-level"] ?? "info"),
    namingScheme: namingScheme(given["naming-scheme"] ?? ""),
    maxInFlight: wholeNumber("max-in-flight", given["max-in-flight"], { unset: 200, max: 10_000 }),
    drainMs: wholeNumber("drain-seconds", given["drain-seconds"], { unset: 10, max: 600 }) * 1000,
  };
}

function certificateFlags(given: Parameters<typeof parseCertificateFlags>[0]): CertificateFlags {
  try {
    return parseCertificateFlags(given);
  } catch (cause) {
    throw new FlagError(messageOf(cause), { cause });
  }
}

function wholeNumber(name: string, text: string | undefined, { unset, max }: { unset: number; max: number }): number {
  if (text === undefined) return unset;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (!(value <= max)) throw new FlagError(`-${name} ${text}: a whole number from 0 to ${max} is expected`);
  return value;
}

function logLevel(text: string): LogLevel {
  if (text === "debug" || text === "info" || text === "warn" || text === "error") return text;
  throw new FlagError(`-log-level ${text}: debug, info, warn or error is expected`);
}

function namingScheme(text: string): NamingScheme {
  if (text === "" || text === "awesome" || text === "legacy") return text;
  throw new FlagError(`-naming-scheme ${text}: awesome or legacy is expected`);
}
