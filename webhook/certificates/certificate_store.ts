import { NotFound } from "../../shared/kube/api_error.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import type { CertificateNames } from "./certificate_names.ts";
import { encodeMaterial, type Material } from "./material.ts";

interface Metadata {
  readonly name: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly [key: string]: unknown;
}

/** A Secret as it is stored. */
export interface StoredSecret {
  readonly metadata: Metadata;
  readonly type?: string;
  readonly immutable?: boolean | null;
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly [key: string]: unknown;
}

/** A webhook configuration as it is stored. */
export interface StoredConfiguration {
  readonly kind: ConfigurationKind;
  readonly metadata: Metadata;
  readonly webhooks?: readonly StoredWebhook[] | null;
  readonly [key: string]: unknown;
}

interface StoredWebhook {
  readonly clientConfig: { readonly caBundle?: string | null; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

type ConfigurationKind = "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration";

const RESOURCES: Readonly<Record<ConfigurationKind, string>> = {
  ValidatingWebhookConfiguration: "validatingwebhookconfigurations",
  MutatingWebhookConfiguration: "mutatingwebhookconfigurations",
};
const KINDS = Object.keys(RESOURCES) as ConfigurationKind[];

/** What the API server has of certificates. */
export interface Stored {
  readonly secret: StoredSecret | undefined;
  /** Those that exist. */
  readonly configurations: readonly StoredConfiguration[];
}

/** Types of Secrets whose data may be ours. */
const TYPES = new Set(["kubernetes.io/tls", "Opaque"]);

/**
 * Where certificates are kept. Every write is guarded by what was read: of replicas that do the same at once, one
 * succeeds and the others get `Conflict`, `AlreadyExists` or `NotFound`.
 */
export interface CertificateStore {
  /** Reads everything. */
  read(signal: AbortSignal): Promise<Stored>;
  /** Creates the Secret, or replaces what it holds. */
  write(previous: StoredSecret | undefined, material: Material, signal: AbortSignal): Promise<void>;
  /** Deletes the Secret that was read. */
  remove(secret: StoredSecret, signal: AbortSignal): Promise<void>;
  /** Makes API servers that read this configuration trust these authorities, which are PEM. */
  inject(configuration: StoredConfiguration, bundle: string, signal: AbortSignal): Promise<void>;
}

/** Certificates in a Secret and in webhook configurations of the cluster. */
export class KubeCertificateStore implements CertificateStore {
  readonly #client: KubeClient;
  readonly #names: CertificateNames;

  constructor(client: KubeClient, names: CertificateNames) {
    this.#client = client;
    this.#names = names;
  }

  async read(signal: AbortSignal): Promise<Stored> {
    const [secret, ...configurations] = await Promise.all([
      this.#find<StoredSecret>(`${this.#secrets}/${this.#names.secret}`, signal),
      ...KINDS.map((kind) => this.#find<StoredConfiguration>(this.#configuration(kind), signal)),
    ]);
    const found = KINDS.flatMap((kind, index): StoredConfiguration[] => {
      const configuration = configurations[index];
      return configuration ? [{ ...configuration, kind }] : [];
    });
    return { secret, configurations: found };
  }

  async write(previous: StoredSecret | undefined, material: Material, signal: AbortSignal): Promise<void> {
    const data = encodeMaterial(material);
    if (previous) {
      await this.#client.replace(`${this.#secrets}/${this.#names.secret}`, { ...previous, data }, { signal });
      return;
    }
    const metadata = { name: this.#names.secret, namespace: this.#names.namespace };
    const secret = { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/tls", data };
    await this.#client.create(this.#secrets, secret, { signal });
  }

  async remove({ metadata: { uid, resourceVersion } }: StoredSecret, signal: AbortSignal): Promise<void> {
    const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
    await this.#client.delete(`${this.#secrets}/${this.#names.secret}`, { preconditions, signal });
  }

  async inject(configuration: StoredConfiguration, bundle: string, signal: AbortSignal): Promise<void> {
    const caBundle = btoa(bundle);
    const webhooks = (configuration.webhooks ?? []).map((webhook) => ({
      ...webhook,
      clientConfig: { ...webhook.clientConfig, caBundle },
    }));
    await this.#client.replace(this.#configuration(configuration.kind), { ...configuration, webhooks }, { signal });
  }

  get #secrets(): string {
    return `/api/v1/namespaces/${this.#names.namespace}/secrets`;
  }

  #configuration(kind: ConfigurationKind): string {
    return `/apis/admissionregistration.k8s.io/v1/${RESOURCES[kind]}/${this.#names.configuration}`;
  }

  async #find<T>(path: string, signal: AbortSignal): Promise<T | undefined> {
    try {
      return await this.#client.get<T>(path, { signal });
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }
}

/** Whether the API server lets a Secret's data be replaced by ours. */
export function isWritable({ immutable, type }: StoredSecret): boolean {
  return immutable !== true && (type === undefined || TYPES.has(type));
}
