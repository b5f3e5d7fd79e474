// The library needs this polyfill to be loaded before it.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { isIP } from "node:net";
import { BACKDATE_MS } from "./situation.ts";

/** How everything is signed. */
export const SIGNING_ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** The organization in the subject of what webhooks make: so they know it again. */
export const ORGANIZATION = "danm.io";

/** A certificate and its private key, both as PEM (the key as PKCS #8). */
export interface KeyedCertificate {
  readonly cert: string;
  readonly key: string;
}

/** When something is made, and for how many milliseconds. */
export interface Validity {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  readonly lifetimeMs: number;
}

/** Makes an authority: a new key, and a certificate that it has signed itself. */
export async function createAuthority({ nowMs, lifetimeMs }: Validity): Promise<KeyedCertificate> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: [{ O: [ORGANIZATION] }, { CN: [`danm-webhook ${new Date(nowMs).toISOString()}`] }],
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + lifetimeMs),
    signingAlgorithm: SIGNING_ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: certificate.toString("pem"), key: await encodeKey(keys.privateKey) };
}

/**
 * Makes a key and a server's certificate for it, which ends no later than its authority does.
 *
 * @param options.hosts DNS names and addresses; the first becomes the subject's name
 * @throws {Error} when the authority's key cannot be read
 */
export async function issueLeaf(
  authority: KeyedCertificate,
  { hosts, nowMs, lifetimeMs }: Validity & { readonly hosts: readonly string[] },
): Promise<KeyedCertificate> {
  const issuer = new x509.X509Certificate(authority.cert);
  const keys = await generateKeys();
  const names = hosts.map((value) => ({ type: isIP(value) === 0 ? "dns" as const : "ip" as const, value }));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: [{ O: [ORGANIZATION] }, { CN: [(hosts[0] ?? "danm-webhook").slice(0, 64)] }],
    issuer: issuer.subject,
    notBefore: new Date(Math.max(nowMs - BACKDATE_MS, issuer.notBefore.getTime())),
    notAfter: new Date(Math.min(nowMs + lifetimeMs, issuer.notAfter.getTime())),
    signingAlgorithm: SIGNING_ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await decodeKey(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      new x509.SubjectAlternativeNameExtension(names),
    ],
  });
  return { cert: certificate.toString("pem"), key: await encodeKey(keys.privateKey) };
}

/**
 * Reads a private key, PKCS #8 as PEM, P-256.
 *
 * @throws {Error} when it is anything else; the message has nothing of the text
 */
export async function decodeKey(pem: string): Promise<CryptoKey> {
  try {
    const [der] = x509.PemConverter.decode(pem);
    if (der === undefined) throw new TypeError("no PEM");
    return await crypto.subtle.importKey("pkcs8", der, SIGNING_ALGORITHM, false, ["sign"]);
  } catch {
    // The reader's own message may quote what it read.
    throw new Error("the key is no P-256 key in PKCS #8");
  }
}

async function generateKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(SIGNING_ALGORITHM, true, ["sign", "verify"]);
}

async function encodeKey(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

function randomSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  // The first bit is a sign, and a serial number is positive and has no leading zeros.
  bytes[0] = (bytes[0] ?? 0) & 0x7f | 0x40;
  return bytes.toHex();
}
