// The library needs this polyfill to be loaded before it.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;

/** A certificate and its private key, both as PEM (the key as PKCS #8). */
export interface KeyedCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is for. */
export interface CertificateRequest {
  /** Kubernetes takes it as the user's name. */
  readonly commonName: string;
  /** Kubernetes takes them as the user's groups. */
  readonly organizations?: readonly string[];
  /** IPv4 addresses and DNS names of a server; without any the certificate is a client's. */
  readonly hosts?: readonly string[];
}

/** A certificate authority that lives as long as a lab. */
export class Authority {
  readonly #keys: CryptoKeyPair;
  readonly #certificate: x509.X509Certificate;

  private constructor(keys: CryptoKeyPair, certificate: x509.X509Certificate) {
    this.#keys = keys;
    this.#certificate = certificate;
  }

  /** The authority's own certificate as PEM. */
  get cert(): string {
    return this.#certificate.toString("pem");
  }

  /** Makes a new key and signs its certificate with it. */
  static async create(name: string): Promise<Authority> {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: randomSerial(),
      name: [{ CN: [name] }],
      ...validity(),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new Authority(keys, certificate);
  }

  /** Makes a key and a certificate for it. */
  async issue(request: CertificateRequest): Promise<KeyedCertificate> {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: randomSerial(),
      subject: [{ CN: [request.commonName] }, ...(request.organizations ?? []).map((name) => ({ O: [name] }))],
      issuer: this.#certificate.subject,
      ...validity(),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      extensions: await extensionsFor(request, this.#certificate),
    });
    return { cert: certificate.toString("pem"), key: await privateKeyPem(keys) };
  }
}

/** Makes a pair of keys, as PEM, that is no certificate's: for signing and checking tokens. */
export async function createTokenKeys(): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  const keys = await generateKeys();
  const spki = await crypto.subtle.exportKey("spki", keys.publicKey);
  return { publicKey: x509.PemConverter.encode(spki, "PUBLIC KEY"), privateKey: await privateKeyPem(keys) };
}

async function extensionsFor(
  request: CertificateRequest,
  issuer: x509.X509Certificate,
): Promise<x509.Extension[]> {
  const usage = request.hosts === undefined ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
  const names = (request.hosts ?? []).map((host) =>
    /^[\d.]+$/.test(host) ? { type: "ip" as const, value: host } : { type: "dns" as const, value: host }
  );
  return [
    new x509.ExtendedKeyUsageExtension([usage]),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
  ];
}

async function generateKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function privateKeyPem(keys: CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + 30 * DAY_MS) };
}

function randomSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  // The first bit is a sign: a serial number is positive.
  bytes[0] = (bytes[0] ?? 0) & 0x7f | 0x40;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
