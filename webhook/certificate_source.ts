import type { TlsKeyPair } from "./server.ts";

/**
 * Where certificates come from: hands over the one to serve with first, and each that takes its place, until the signal
 * aborts.
 *
 * @throws when there is none, and never will be without somebody's help
 */
export type CertificateSource = (use: (pair: TlsKeyPair) => Promise<void>, signal: AbortSignal) => Promise<void>;
