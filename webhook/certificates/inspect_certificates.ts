// The library needs this polyfill to be loaded before it.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { decodeKey, ORGANIZATION, SIGNING_ALGORITHM } from "./authority.ts";
import type { Material } from "./material.ts";
import type { AuthorityFacts, LeafFacts, SecretFacts } from "./situation.ts";

/** An authority with its certificate as PEM. */
export interface Authority extends AuthorityFacts {
  readonly pem: string;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Reads authorities.
 *
 * @returns those that can be read; `complete` says whether that is all that the text has
 */
export async function readAuthorities(text: string): Promise<{ authorities: Authority[]; complete: boolean }> {
  const read = await Promise.all((text.match(BLOCK) ?? []).map(readAuthority));
  const authorities = read.filter((one) => one !== undefined);
  const complete = authorities.length === read.length && text.replace(BLOCK, "").trim() === "";
  return { authorities, complete };
}

/**
 * Says what can be done with what a Secret holds.
 *
 * @param hosts names and addresses that the certificate must have
 */
export async function inspectMaterial(
  material: Material,
  { hosts }: { readonly hosts: readonly string[] },
): Promise<Omit<SecretFacts, "writable">> {
  const { authorities, complete } = await readAuthorities(material.bundle);
  const defects: string[] = complete ? [] : ["ca.crt has something that is no authority's certificate"];
  const signer = await findOwner(material.authorityKey, authorities.map(({ pem }) => parse(pem)));
  if (signer === undefined) defects.push("ca.key belongs to no authority in ca.crt");
  const leaf = await readLeaf(material, { authorities, hosts });
  if (typeof leaf === "string") defects.push(leaf);
  return {
    authorities,
    signer: signer === undefined ? undefined : authorities[signer]?.fingerprint,
    leaf: typeof leaf === "string" ? undefined : leaf,
    defects,
  };
}

async function readAuthority(pem: string): Promise<Authority | undefined> {
  const certificate = parse(pem);
  if (!certificate?.getExtension(x509.BasicConstraintsExtension)?.ca) return undefined;
  const ours = certificate.subjectName.getField("O").includes(ORGANIZATION);
  return { ...await factsOf(certificate), ours, pem: certificate.toString("pem") };
}

/** The certificate, or what is wrong with it. */
async function readLeaf(
  { cert, key }: Material,
  { authorities, hosts }: { authorities: readonly Authority[]; hosts: readonly string[] },
): Promise<LeafFacts | string> {
  const certificate = parse(cert);
  if (!certificate) return "tls.crt is no certificate";
  if (await findOwner(key, [certificate]) === undefined) return "tls.key does not belong to tls.crt";
  const names = new Set(
    certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON().map(({ value }) => value),
  );
  const missing = hosts.filter((host) => !names.has(host));
  if (missing.length > 0) return `tls.crt is not for ${missing.join(", ")}`;
  const usages = certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages;
  if (!usages?.includes(x509.ExtendedKeyUsage.serverAuth)) return "tls.crt is not a server's";
  for (const { pem, fingerprint } of authorities) {
    if (await isSignedBy(certificate, parse(pem))) return { ...await factsOf(certificate), signer: fingerprint };
  }
  return "no authority in ca.crt has signed tls.crt";
}

async function isSignedBy(
  certificate: x509.X509Certificate,
  issuer: x509.X509Certificate | undefined,
): Promise<boolean> {
  if (certificate.issuer !== issuer?.subject) return false;
  try {
    return await certificate.verify({ publicKey: issuer, signatureOnly: true });
  } catch {
    // Another kind of key than the signature is of.
    return false;
  }
}

/** Index of the certificate that a private key belongs to. */
async function findOwner(
  keyPem: string,
  certificates: readonly (x509.X509Certificate | undefined)[],
): Promise<number | undefined> {
  const challenge = crypto.getRandomValues(new Uint8Array(32));
  let signature: ArrayBuffer;
  try {
    signature = await crypto.subtle.sign(SIGNING_ALGORITHM, await decodeKey(keyPem), challenge);
  } catch {
    // That it is no key is said by the absence of an owner.
    return undefined;
  }
  for (const [index, certificate] of certificates.entries()) {
    if (certificate && await verifies(certificate, { signature, challenge })) return index;
  }
  return undefined;
}

async function verifies(
  certificate: x509.X509Certificate,
  { signature, challenge }: { signature: ArrayBuffer; challenge: Uint8Array<ArrayBuffer> },
): Promise<boolean> {
  try {
    const key = await certificate.publicKey.export(SIGNING_ALGORITHM, ["verify"]);
    return await crypto.subtle.verify(SIGNING_ALGORITHM, key, signature, challenge);
  } catch {
    // Another kind of key.
    return false;
  }
}

function parse(pem: string): x509.X509Certificate | undefined {
  const [block] = pem.match(BLOCK) ?? [];
  if (block === undefined) return undefined;
  try {
    return new x509.X509Certificate(block);
  } catch {
    return undefined;
  }
}

async function factsOf(
  certificate: x509.X509Certificate,
): Promise<{ fingerprint: string; notBeforeMs: number; notAfterMs: number }> {
  return {
    fingerprint: new Uint8Array(await certificate.getThumbprint("SHA-256")).toHex(),
    notBeforeMs: certificate.notBefore.getTime(),
    notAfterMs: certificate.notAfter.getTime(),
  };
}
