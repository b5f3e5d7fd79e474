import { AlreadyExists, ApiError, Conflict, NotFound } from "../shared/kube/api_error.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { API_VERSION } from "../shared/schema/meta.ts";
import { resourcePath } from "../shared/schema/resources.ts";
import type { ObjectRef, OwnedObject } from "./ledger.ts";
import type { ListedObject, ReadListed, StoredObject } from "./stored_object.ts";

/** What happened to a request to create an object: `unknown` = it may have, or may still take effect. */
export type CreateOutcome =
  | { readonly kind: "created"; readonly uid: string }
  | { readonly kind: "exists" }
  | { readonly kind: "refused"; readonly error: ApiError }
  | { readonly kind: "unknown"; readonly error: ApiError };

/** The objects that sandboxes own, as far as allocation and release need them. */
export interface ObjectStore {
  create(ref: ObjectRef, spec: object, signal: AbortSignal): Promise<CreateOutcome>;
  /** @throws {ApiError} */
  find(ref: ObjectRef, signal: AbortSignal): Promise<StoredObject | undefined>;
  /**
   * Deletes exactly the object with that UID (and version, where given); false when it is not there, or is another.
   *
   * @throws {ApiError}
   */
  remove(
    ref: ObjectRef,
    options: { uid: string; resourceVersion?: string; signal: AbortSignal },
  ): Promise<boolean>;
  /**
   * Addresses held in a space, in canonical form; a DanmIp whose address cannot be read is left out. The API server
   * scans the whole kind for it.
   *
   * @throws {ApiError}
   */
  listAddresses(space: string, signal: AbortSignal): Promise<string[]>;
  /**
   * Everything that stands under a container id, for when the sandbox's own record is lost. DanmEps are looked for in
   * the Pod's namespace; where that is not known, in those of the DanmIps that were found.
   *
   * @throws {ApiError}
   */
  listOwned(
    sandbox: { containerID: string; podNamespace: string | undefined },
    signal: AbortSignal,
  ): Promise<ListedObject[]>;
}

/** The {@linkcode ObjectStore} of a real cluster. */
export function createObjectStore(client: KubeClient): ObjectStore {
  return {
    create: (ref, spec, signal) => createObject(client, { ref, spec, signal }),
    find: (ref, signal) => findObject(client, { ref, signal }),
    remove: (ref, options) => removeObject(client, { ref, ...options }),
    async listAddresses(space, signal): Promise<string[]> {
      const [items, { findAddress }] = await Promise.all([
        client.list(resourcePath("DanmIp"), { fieldSelector: `spec.space=${space}`, signal }),
        loadReading(),
      ]);
      return items.map(findAddress).filter((address) => address !== undefined);
    },
    listOwned: (sandbox, signal) => listOwned(client, sandbox, signal),
  };
}

/** Taking a free address and giving it back read no stored object, so what it takes is loaded when one is read. */
function loadReading(): Promise<typeof import("./stored_object.ts")> {
  return import("./stored_object.ts");
}

async function findObject(
  client: KubeClient,
  { ref, signal }: { ref: ObjectRef; signal: AbortSignal },
): Promise<StoredObject | undefined> {
  try {
    const [object, { readStored }] = await Promise.all([
      client.get(resourcePath(ref.kind, ref), { signal }),
      loadReading(),
    ]);
    return readStored(ref, object);
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

async function removeObject(
  client: KubeClient,
  request: { ref: ObjectRef; uid: string; resourceVersion?: string; signal: AbortSignal },
): Promise<boolean> {
  const { ref, uid, resourceVersion, signal } = request;
  const preconditions = { uid, ...(resourceVersion !== undefined && { resourceVersion }) };
  try {
    await client.delete(resourcePath(ref.kind, ref), { preconditions, signal });
    return true;
  } catch (error) {
    if (error instanceof NotFound) return false;
    if (!(error instanceof Conflict)) throw error;
    // A precondition did not hold, or two writes met: only what is stored tells. Taken for gone, it would leak.
    const now = await findObject(client, { ref, signal });
    const changed = resourceVersion !== undefined && now?.resourceVersion !== resourceVersion;
    if (now?.uid !== uid || changed) return false;
    throw error;
  }
}

/** An {@linkcode ObjectStore} that is only connected when something is asked of it. */
export function lazyObjectStore(connect: (signal: AbortSignal) => Promise<ObjectStore>): ObjectStore {
  return {
    create: async (ref, spec, signal) => await (await connect(signal)).create(ref, spec, signal),
    find: async (ref, signal) => await (await connect(signal)).find(ref, signal),
    remove: async (ref, options) => await (await connect(options.signal)).remove(ref, options),
    listAddresses: async (space, signal) => await (await connect(signal)).listAddresses(space, signal),
    listOwned: async (sandbox, signal) => await (await connect(signal)).listOwned(sandbox, signal),
  };
}

async function listOwned(
  client: KubeClient,
  sandbox: { containerID: string; podNamespace: string | undefined },
  signal: AbortSignal,
): Promise<ListedObject[]> {
  const { containerID, podNamespace } = sandbox;
  const { readListed } = await loadReading();
  const list = async (at: { kind: OwnedObject["kind"]; namespace?: string; field: string }): Promise<ReadListed[]> => {
    const { kind, namespace, field } = at;
    const fieldSelector = `spec.${field}=${containerID}`;
    const items = await client.list(resourcePath(kind, { namespace }), { fieldSelector, signal });
    return items.map((item) => readListed(item, { kind, namespace }));
  };
  const addresses = await list({ kind: "DanmIp", field: "containerID" });
  const namespaces = podNamespace === undefined ? addresses.map((one) => one.podNamespace) : [podNamespace];
  const endpoints = await Promise.all(
    [...new Set(namespaces)].map((namespace) => list({ kind: "DanmEp", namespace, field: "CID" })),
  );
  return [...addresses, ...endpoints.flat()].map(({ listed }) => listed);
}

async function createObject(
  client: KubeClient,
  request: { ref: ObjectRef; spec: object; signal: AbortSignal },
): Promise<CreateOutcome> {
  const { ref, spec, signal } = request;
  const { kind, namespace, name } = ref;
  const body = { apiVersion: API_VERSION, kind, metadata: { name, ...(namespace && { namespace }) }, spec };
  try {
    const created = await client.create<{ metadata: { uid: string } }>(resourcePath(kind, { namespace }), body, {
      signal,
    });
    return { kind: "created", uid: created.metadata.uid };
  } catch (error) {
    if (error instanceof AlreadyExists) return { kind: "exists" };
    if (error instanceof ApiError) return { kind: error.effect === "unknown" ? "unknown" : "refused", error };
    throw error;
  }
}
