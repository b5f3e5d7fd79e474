// The library needs this polyfill to be loaded before it.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { delay } from "../../shared/delay.ts";
import { messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import type { ServingCertificate } from "./serving_certificate.ts";

/** Where somebody else puts certificate and key, and what is done with them. */
export interface CertificateFileOptions {
  /** Certificate, and what of the chain clients do not have, as PEM. */
  readonly certFile: string;
  /** Its key, as PEM. */
  readonly keyFile: string;
  /** How often the files are read, in milliseconds. */
  readonly pollMs: number;
  readonly log: Logger;
  /** Called with what the files have, and each time that they have something else that fits together. */
  readonly use: (certificate: ServingCertificate) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Follows a certificate that somebody else makes and renews. Returns when the signal aborts. Files that do not fit
 * together, as while they are being replaced, change nothing.
 *
 * @throws {Error} when they cannot be used to begin with; it names the file
 */
export async function keepCertificateFiles(options: CertificateFileOptions): Promise<void> {
  const { certFile, pollMs, log, use, signal } = options;
  let current = await loadCertificateFiles(options);
  let complained: string | undefined;
  await use(current);
  while (!signal.aborted) {
    try {
      await delay(pollMs, signal);
    } catch {
      return;
    }
    try {
      const found = await loadCertificateFiles(options);
      complained = undefined;
      if (found.cert === current.cert && found.key === current.key) continue;
      current = found;
      await use(found);
      log.info("certificate is served", { file: certFile, until: new Date(found.notAfterMs).toISOString() });
    } catch (error) {
      const message = messageOf(error);
      if (message !== complained) log.warn("certificate files: what is served stays", { error: message });
      complained = message;
    }
  }
}

/**
 * Reads a certificate and its key.
 *
 * @throws {Error} when a file cannot be read or used, or they do not belong together; it names the file
 */
export async function loadCertificateFiles(
  { certFile, keyFile }: Pick<CertificateFileOptions, "certFile" | "keyFile">,
): Promise<ServingCertificate> {
  const [cert, key] = await Promise.all([read(certFile), read(keyFile)]);
  let notAfterMs: number;
  try {
    new X509Certificate(cert);
    notAfterMs = new x509.X509Certificate(cert).notAfter.getTime();
  } catch (cause) {
    throw new Error(`${certFile}: no certificate as PEM`, { cause });
  }
  if (!fits(cert, { key, keyFile })) throw new Error(`${keyFile} is not the key of ${certFile}`);
  return { cert, key, notAfterMs };
}

function fits(cert: string, { key, keyFile }: { key: string; keyFile: string }): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    // The reader's own message may quote what it read.
    throw new Error(`${keyFile}: no private key as PEM`);
  }
}

async function read(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new Error(`${file}: cannot be read: ${messageOf(cause)}`, { cause });
  }
}
