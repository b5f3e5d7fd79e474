import { abortable } from "../shared/abortable.ts";
import { NotFound } from "../shared/kube/api_error.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { NETWORK_KINDS, type NetworkKind } from "../shared/schema/network.ts";
import { type Kind, resourcePath } from "../shared/schema/resources.ts";
import type { Cluster, NetworkRef, StoredNetwork, StoredObject } from "./cluster.ts";
import { coalesce } from "./coalesce.ts";

/** A shared list is nobody's in particular, so no caller's signal may end it. */
const LIST_TIMEOUT_MS = 10_000;

/** The cluster as its API server knows it. */
export class KubeCluster implements Cluster {
  readonly #client: KubeClient;
  readonly #networks: () => Promise<StoredNetwork[]>;
  readonly #tenantConfigs: () => Promise<StoredObject[]>;

  constructor(client: KubeClient) {
    this.#client = client;
    this.#networks = coalesce(async () =>
      (await Promise.all(NETWORK_KINDS.map((kind) => this.#listKind(kind)))).flat()
    );
    this.#tenantConfigs = coalesce(async () => {
      const configs = await this.#list("TenantConfig");
      return configs.sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1);
    });
  }

  async listNetworks(signal: AbortSignal): Promise<StoredNetwork[]> {
    return await abortable(this.#networks(), signal);
  }

  async listTenantConfigs(signal: AbortSignal): Promise<StoredObject[]> {
    return await abortable(this.#tenantConfigs(), signal);
  }

  async findNetwork({ kind, namespace, name }: NetworkRef, signal: AbortSignal): Promise<StoredObject | undefined> {
    try {
      return await this.#client.get<StoredObject>(resourcePath(kind, { namespace, name }), { signal });
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }

  async listEndpoints(
    { kind, namespace, name }: NetworkRef,
    { limit, signal }: { limit?: number; signal: AbortSignal },
  ): Promise<StoredObject[]> {
    // Endpoints are where their Pods are, and Pods use DanmNets and TenantNetworks of their own namespace only.
    const path = resourcePath("DanmEp", { namespace });
    // Those of the original may leave the kind out where it is DanmNet.
    const kinds = kind === "DanmNet" ? [kind, ""] : [kind];
    const lists = await Promise.all(kinds.map(async (apiType) => {
      const fieldSelector = `spec.NetworkName=${name},spec.apiType=${apiType}`;
      const options = { fieldSelector, signal, trim: whoHasWhat };
      if (limit === undefined) return await this.#client.list<StoredObject>(path, options);
      const query = { fieldSelector, limit: String(limit) };
      return (await this.#client.get<{ items?: StoredObject[] | null }>(path, { query, signal })).items ?? [];
    }));
    return lists.flat().slice(0, limit);
  }

  async replaceTenantConfigStatus(config: StoredObject, signal: AbortSignal): Promise<StoredObject> {
    const path = `${resourcePath("TenantConfig", { name: config.metadata.name })}/status`;
    return await this.#client.replace<StoredObject>(path, config, { signal });
  }

  async #listKind(kind: NetworkKind): Promise<StoredNetwork[]> {
    return (await this.#list(kind, withoutBitmaps)).map((object) => ({ kind, object }));
  }

  /** A kind that is not installed, as DanmNet in production, has no objects. */
  async #list(kind: Kind, trim = (object: StoredObject) => object): Promise<StoredObject[]> {
    const signal = AbortSignal.timeout(LIST_TIMEOUT_MS);
    try {
      return await this.#client.list<StoredObject>(resourcePath(kind), { signal, trim });
    } catch (error) {
      if (error instanceof NotFound) return [];
      throw error;
    }
  }
}

/** A bitmap takes up to 1.4 MB, and nobody here reads those of other networks. */
function withoutBitmaps(object: StoredObject): StoredObject {
  const { spec } = object as { spec?: { Options?: Record<string, unknown> | null } };
  if (!spec?.Options) return object;
  const { alloc: _, alloc6: __, ...Options } = spec.Options;
  return { ...object, spec: { ...spec, Options } };
}

/** All that is asked of endpoints. A large network has more of them than memory has room for. */
function whoHasWhat({ metadata: { namespace, name }, spec }: StoredObject): StoredObject {
  const { Pod, Interface } = (spec ?? {}) as { Pod?: unknown; Interface?: Record<string, unknown> | null };
  const { Address, AddressIPv6 } = Interface ?? {};
  return {
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    spec: { Pod, Interface: { Address, AddressIPv6 } },
  };
}
