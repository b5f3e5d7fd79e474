import type { CertificateNames } from "./certificate_names.ts";
import { isWritable, type Stored, type StoredConfiguration } from "./certificate_store.ts";
import { type Authority, inspectMaterial, readAuthorities } from "./inspect_certificates.ts";
import { decodeMaterial, type Material } from "./material.ts";
import type { AuthorityFacts, ConfigurationFacts, SecretFacts } from "./situation.ts";

/** What the Secret holds, and what it is worth. */
export interface Holding {
  readonly material: Material;
  readonly facts: SecretFacts;
}

/** What was read, with what decisions depend on. */
export interface Observation {
  readonly stored: Stored;
  readonly holding: Holding | undefined;
  readonly configurations: readonly ConfigurationFacts[];
  /** All authorities that were found, as PEM by fingerprint. */
  readonly pems: ReadonlyMap<string, string>;
}

/** Makes sense of what was read. */
export async function observe(stored: Stored, names: CertificateNames): Promise<Observation> {
  const pems = new Map<string, string>();
  const note = (authorities: readonly Authority[]): AuthorityFacts[] => {
    for (const { fingerprint, pem } of authorities) pems.set(fingerprint, pem);
    return authorities.map(({ pem: _, ...facts }) => facts);
  };
  const configurations = await Promise.all(
    stored.configurations.filter(hasWebhooks).map(async (one) => ({
      name: one.kind,
      bundles: (await readBundles(one)).map((authorities) => authorities && note(authorities)),
    })),
  );
  if (!stored.secret) return { stored, holding: undefined, configurations, pems };
  const material = decodeMaterial(stored.secret.data);
  note((await readAuthorities(material.bundle)).authorities);
  const facts = { writable: isWritable(stored.secret), ...await inspectMaterial(material, names) };
  return { stored, holding: { material, facts }, configurations, pems };
}

/** One without webhooks makes nobody ask. */
function hasWebhooks({ webhooks }: StoredConfiguration): boolean {
  return (webhooks ?? []).length > 0;
}

async function readBundles({ webhooks }: StoredConfiguration): Promise<(Authority[] | undefined)[]> {
  return await Promise.all((webhooks ?? []).map(async ({ clientConfig }) => {
    const { bundle } = decodeMaterial({ "ca.crt": clientConfig.caBundle });
    const { authorities, complete } = await readAuthorities(bundle);
    return complete ? authorities : undefined;
  }));
}
