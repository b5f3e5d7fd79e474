/** What a server needs. */
export interface ServingCertificate {
  /** PEM; more than one when there is a chain. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** When it ends, in milliseconds since the epoch. */
  readonly notAfterMs: number;
}
