import { checkLifetimes, DEFAULT_LIFETIMES, type Lifetimes } from "./situation.ts";

/** What the command line says of certificates. */
export interface CertificateFlags {
  readonly lifetimes: Lifetimes;
  /** How often Secret and configurations, or files, are looked at, in milliseconds. */
  readonly pollMs: number;
  /** DNS names and addresses, when API servers do not call the webhook by its Service. */
  readonly hosts?: readonly string[];
}

/** Names of the flags. */
export const CERTIFICATE_FLAGS = [
  "certificate-seconds",
  "authority-seconds",
  "trust-seconds",
  "certificate-poll-seconds",
  "certificate-hosts",
] as const;

/** What `-help` prints of them. */
export const CERTIFICATE_USAGE =
  `  -certificate-seconds SECONDS how long a certificate that the webhook makes lives (default: 90 days)
  -authority-seconds SECONDS   how long an authority lives that signs them (default: 5 years)
  -trust-seconds SECONDS       how long the webhook configurations have a new authority before it is relied on
                               (default: 300)
  -certificate-poll-seconds SECONDS
                               how often certificates are looked after (default: 10)
  -certificate-hosts HOST,…    what API servers call the webhook by (default: the names of its Service)
`;

type Given = { readonly [Name in typeof CERTIFICATE_FLAGS[number]]?: string | undefined };

/**
 * Reads the flags' values.
 *
 * @throws {RangeError} when one is no duration, or they leave no time for a renewal
 */
export function parseCertificateFlags(given: Given): CertificateFlags {
  const { leafMs, authorityMs, graceMs } = DEFAULT_LIFETIMES;
  const lifetimes: Lifetimes = {
    leafMs: milliseconds("certificate-seconds", given) ?? leafMs,
    authorityMs: milliseconds("authority-seconds", given) ?? authorityMs,
    graceMs: milliseconds("trust-seconds", given) ?? graceMs,
  };
  checkLifetimes(lifetimes);
  const hosts = given["certificate-hosts"]?.split(",").map((host) => host.trim()).filter((host) => host !== "");
  const pollMs = milliseconds("certificate-poll-seconds", given) ?? 10_000;
  if (pollMs === 0) {
    throw new RangeError("-certificate-poll-seconds 0: certificates are looked after every second at most");
  }
  return { lifetimes, pollMs, ...(hosts?.length ? { hosts } : {}) };
}

function milliseconds(name: keyof Given, given: Given): number | undefined {
  const text = given[name];
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new RangeError(`-${name} ${text}: whole seconds are expected`);
  return Number(text) * 1000;
}
