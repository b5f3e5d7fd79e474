/** A certificate as far as decisions depend on it. Times are milliseconds since the epoch. */
export interface CertificateFacts {
  /** SHA-256 of the certificate, in hex. */
  readonly fingerprint: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** A certificate that others may be trusted by. */
export interface AuthorityFacts extends CertificateFacts {
  /** Whether its subject says that a webhook made it. */
  readonly ours: boolean;
}

/** A certificate to serve with; its key fits, and it has all names that it needs. */
export interface LeafFacts extends CertificateFacts {
  /** Fingerprint of the authority that signed it. */
  readonly signer: string;
}

/** What the Secret holds. */
export interface SecretFacts {
  /** False where the API server refuses any change of its data. */
  readonly writable: boolean;
  /** `ca.crt`: authorities that API servers are to trust, the one that signs first. */
  readonly authorities: readonly AuthorityFacts[];
  /** Fingerprint of the authority that `ca.key` belongs to; undefined when it belongs to none of them. */
  readonly signer: string | undefined;
  /** `tls.crt`, where `tls.key` fits, the names are right and one of the authorities signed it. */
  readonly leaf: LeafFacts | undefined;
  /** What is wrong with the Secret, whatever the time is. */
  readonly defects: readonly string[];
}

/** A webhook configuration that exists. */
export interface ConfigurationFacts {
  readonly name: string;
  /** `caBundle` of each of its webhooks; undefined where something in it is no certificate of an authority. */
  readonly bundles: readonly (readonly AuthorityFacts[] | undefined)[];
}

/** Everything that the next step depends on. */
export interface Situation {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Undefined when there is none. */
  readonly secret: SecretFacts | undefined;
  /** What the Secret held when this process last saw it whole. */
  readonly known: SecretFacts | undefined;
  /** What this process serves with. */
  readonly served: LeafFacts | undefined;
  /** Those that exist. */
  readonly configurations: readonly ConfigurationFacts[];
  /**
   * For how many milliseconds each authority, by fingerprint, has been seen in all of the configurations. Absent =
   * not in all of them.
   */
  readonly trustedForMs: ReadonlyMap<string, number>;
}

/** How long everything lasts, in milliseconds. */
export interface Lifetimes {
  /** Of a serving certificate; it is renewed when a third is left. */
  readonly leafMs: number;
  /** Of an authority; its successor is made when a third is left. */
  readonly authorityMs: number;
  /**
   * How long an authority is in all webhook configurations before anything is served that needs it: by then every API
   * server has heard of it.
   */
  readonly graceMs: number;
}

const DAY_MS = 86_400_000;

/** What certificates are made with unless flags say otherwise. */
export const DEFAULT_LIFETIMES: Lifetimes = { leafMs: 90 * DAY_MS, authorityMs: 1826 * DAY_MS, graceMs: 300_000 };

/** Certificates are dated back, for API servers whose clock is behind. */
export const BACKDATE_MS = 3_600_000;

/**
 * Checks that there is time for every stage of a renewal.
 *
 * @throws {RangeError} when there is not
 */
export function checkLifetimes({ leafMs, authorityMs, graceMs }: Lifetimes): void {
  if (!(graceMs >= 0)) throw new RangeError(`a grace of ${graceMs} ms is not a duration`);
  if (!(leafMs > 0 && leafMs >= 6 * graceMs)) {
    throw new RangeError(`certificates of ${leafMs} ms must live six times as long as the grace of ${graceMs} ms`);
  }
  if (!(authorityMs >= 3 * leafMs)) {
    throw new RangeError(
      `authorities of ${authorityMs} ms must live three times as long as certificates of ${leafMs} ms`,
    );
  }
}
