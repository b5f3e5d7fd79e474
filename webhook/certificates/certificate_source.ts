import type { KubeClient } from "../../shared/kube/client.ts";
import type { Logger } from "../../shared/log.ts";
import { keepCertificateFiles } from "./certificate_files.ts";
import type { CertificateFlags } from "./certificate_flags.ts";
import { keepCertificates } from "./certificate_keeper.ts";
import { namesOf } from "./certificate_names.ts";
import { KubeCertificateStore } from "./certificate_store.ts";
import type { ServingCertificate } from "./serving_certificate.ts";

/** Where certificates come from. */
export interface SourceOptions {
  readonly client: KubeClient;
  /** The Secret's namespace. */
  readonly namespace: string;
  readonly flags: CertificateFlags;
  /** Of somebody else's making; then none is made here. */
  readonly files?: { readonly cert: string; readonly key: string } | undefined;
  readonly log: Logger;
}

/**
 * Hands over the certificate to serve with, and each that takes its place, until the signal aborts.
 *
 * @throws {Error} when files that were given cannot be used to begin with, or `use` fails
 */
export function certificateSource(
  { client, namespace, flags: { lifetimes, pollMs, hosts }, files, log }: SourceOptions,
): (use: (certificate: ServingCertificate) => Promise<void>, signal: AbortSignal) => Promise<void> {
  return async (use, signal) => {
    const common = { pollMs, log, use, signal };
    if (files) return await keepCertificateFiles({ ...common, certFile: files.cert, keyFile: files.key });
    const names = { ...namesOf(namespace), ...(hosts ? { hosts } : {}) };
    await keepCertificates({ ...common, store: new KubeCertificateStore(client, names), lifetimes, names });
  };
}
