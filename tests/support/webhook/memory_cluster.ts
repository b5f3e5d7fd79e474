import { apiError } from "../../../shared/kube/api_error.ts";
import type { DanmEpSpec } from "../../../shared/schema/danm_ep.ts";
import { NETWORK_KINDS, type NetworkKind } from "../../../shared/schema/network.ts";
import { type Kind, resourcePath } from "../../../shared/schema/resources.ts";
import type { Cluster, NetworkRef, StoredNetwork, StoredObject } from "../../../webhook/cluster.ts";

/** An object as a manifest has it. */
export interface Manifest {
  readonly kind: Kind;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** A cluster without API server: what was put is there, and nothing checks it. Objects are copied in and out. */
export class MemoryCluster implements Cluster {
  readonly #objects = new Map<string, { kind: Kind; object: StoredObject }>();
  #revision = 0;

  /** @param objects that are there from the start */
  constructor(objects: readonly Manifest[] = []) {
    for (const object of objects) this.put(object);
  }

  /** Stores an object, or replaces the one of that name. */
  put(manifest: Manifest): StoredObject {
    const { kind, ...object } = structuredClone(manifest);
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#revision) } };
    this.#objects.set(pathOf(kind, manifest.metadata), { kind, object: stored });
    return structuredClone(stored);
  }

  /** Removes an object if it is there. */
  remove({ kind, metadata }: Manifest): void {
    this.#objects.delete(pathOf(kind, metadata));
  }

  listNetworks(signal: AbortSignal): Promise<StoredNetwork[]> {
    return answer(signal, () => NETWORK_KINDS.flatMap((kind) => this.#list(kind).map((object) => ({ kind, object }))));
  }

  listTenantConfigs(signal: AbortSignal): Promise<StoredObject[]> {
    return answer(
      signal,
      () => this.#list("TenantConfig").sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1),
    );
  }

  findNetwork({ kind, namespace, name }: NetworkRef, signal: AbortSignal): Promise<StoredObject | undefined> {
    return answer(signal, () => structuredClone(this.#objects.get(pathOf(kind, { namespace, name }))?.object));
  }

  listEndpoints(
    { kind, namespace, name }: NetworkRef,
    { limit, signal }: { limit?: number; signal: AbortSignal },
  ): Promise<StoredObject[]> {
    return answer(signal, () =>
      this.#list("DanmEp").filter(({ metadata, spec }) => {
        const { NetworkName, apiType } = spec as DanmEpSpec;
        return NetworkName === name && networkKind(apiType) === kind &&
          (kind === "ClusterNetwork" || metadata.namespace === namespace);
      }).slice(0, limit));
  }

  replaceTenantConfigStatus(config: StoredObject, signal: AbortSignal): Promise<StoredObject> {
    return answer(signal, () => {
      const path = pathOf("TenantConfig", config.metadata);
      const stored = this.#objects.get(path)?.object;
      const failure = { verb: "PUT", path: `${path}/status`, effect: "none", text: config.metadata.name } as const;
      if (!stored) throw apiError({ ...failure, status: 404, reason: "NotFound" });
      if (stored.metadata.resourceVersion !== config.metadata.resourceVersion) {
        throw apiError({ ...failure, status: 409, reason: "Conflict" });
      }
      return this.put({ ...stored, kind: "TenantConfig", status: config.status });
    });
  }

  #list(kind: Kind): StoredObject[] {
    return [...this.#objects.values()].filter((one) => one.kind === kind).map(({ object }) => {
      const { spec } = object as { spec?: { Options?: Record<string, unknown> } };
      const copy = structuredClone(object);
      if (!spec?.Options) return copy;
      const { alloc: _, alloc6: __, ...Options } = spec.Options;
      return { ...copy, spec: structuredClone({ ...spec, Options }) };
    });
  }
}

/** The kind of network that an endpoint is on; the original left it out where it was DanmNet. */
function networkKind(apiType: DanmEpSpec["apiType"]): NetworkKind | undefined {
  return apiType ? NETWORK_KINDS.find((kind) => kind === apiType) : "DanmNet";
}

function pathOf(kind: Kind, { namespace, name }: { namespace?: string | undefined; name: string }): string {
  return resourcePath(kind, { namespace, name });
}

/** As a request would: never at once, and refused when the signal has been aborted. */
async function answer<T>(signal: AbortSignal, read: () => T): Promise<T> {
  await Promise.resolve();
  signal.throwIfAborted();
  return read();
}
