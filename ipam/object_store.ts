import { AlreadyExists, ApiError, Conflict, NotFound } from "../shared/kube/api_error.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { DanmEp } from "../shared/schema/danm_ep.ts";
import { DanmIp, type DanmIpSpec } from "../shared/schema/danm_ip.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import { API_VERSION, ObjectMeta } from "../shared/schema/meta.ts";
import { resourcePath } from "../shared/schema/resources.ts";
import type { OwnedObject } from "./ledger.ts";
import * as z from "zod/mini";

const NamedObject = z.object({ metadata: ObjectMeta });

/** Name and kind of an object that a sandbox may own. */
export type ObjectRef = Pick<OwnedObject, "kind" | "namespace" | "name">;

/** What is stored of such an object: who it belongs to, and its versions. */
export interface StoredObject {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly createdAt: string;
  readonly containerID: string;
  readonly interface: string;
  readonly podUID: string;
  readonly podNamespace: string;
  readonly podName: string;
  readonly node: string;
  /** Of a DanmIp, in canonical form. */
  readonly address?: string;
}

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
   * Addresses held in a space, in canonical form. The API server scans the whole kind for it.
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

/** An object as {@linkcode ObjectStore.listOwned} finds it: certain to exist. */
export interface ListedObject extends OwnedObject {
  readonly uid: string;
  readonly podUID: string;
  /** Of a DanmIp, the plugin that took it; undefined = `danm`. */
  readonly plugin?: DanmIpSpec["plugin"];
  /** Path of the sandbox's namespace, which DanmEps tell. */
  readonly netns?: string | undefined;
}

/** The {@linkcode ObjectStore} of a real cluster. */
export function createObjectStore(client: KubeClient): ObjectStore {
  return {
    create: (ref, spec, signal) => createObject(client, { ref, spec, signal }),
    find: (ref, signal) => findObject(client, { ref, signal }),
    remove: (ref, options) => removeObject(client, { ref, ...options }),
    async listAddresses(space, signal): Promise<string[]> {
      const items = await client.list(resourcePath("DanmIp"), { fieldSelector: `spec.space=${space}`, signal });
      return items.map((item) => parse(DanmIp, item, "DanmIp").spec.address);
    },
    listOwned: (sandbox, signal) => listOwned(client, sandbox, signal),
  };
}

async function findObject(
  client: KubeClient,
  { ref, signal }: { ref: ObjectRef; signal: AbortSignal },
): Promise<StoredObject | undefined> {
  try {
    return stored(ref, await client.get(resourcePath(ref.kind, ref), { signal }));
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
  const list = async (at: { kind: OwnedObject["kind"]; namespace?: string; field: string }): Promise<Listed[]> => {
    const { kind, namespace, field } = at;
    const fieldSelector = `spec.${field}=${containerID}`;
    const items = await client.list(resourcePath(kind, { namespace }), { fieldSelector, signal });
    return items.map((item) => readListed({ kind, namespace }, item));
  };
  const addresses = await list({ kind: "DanmIp", field: "containerID" });
  const namespaces = podNamespace === undefined ? addresses.map((one) => one.stored.podNamespace) : [podNamespace];
  const endpoints = await Promise.all(
    [...new Set(namespaces)].map((namespace) => list({ kind: "DanmEp", namespace, field: "CID" })),
  );
  return [...addresses, ...endpoints.flat()].map(({ object, stored: { uid, podUID }, plugin, netns }) => ({
    ...object,
    uid,
    podUID,
    plugin,
    ...(netns && { netns }),
  }));
}

interface Listed {
  readonly object: OwnedObject;
  readonly stored: StoredObject;
  readonly plugin: DanmIpSpec["plugin"];
  readonly netns: string | undefined;
}

function readListed(at: { kind: OwnedObject["kind"]; namespace: string | undefined }, item: unknown): Listed {
  const { name } = parse(NamedObject, item, at.kind).metadata;
  const found = stored({ ...at, name }, item);
  const netns = at.kind === "DanmEp" ? parse(DanmEp, item, at.kind).spec.netns : undefined;
  const plugin = at.kind === "DanmIp" ? parse(DanmIp, item, at.kind).spec.plugin : undefined;
  return { object: { ...at, name, interface: found.interface }, stored: found, plugin, netns };
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

function stored(ref: ObjectRef, object: unknown): StoredObject {
  const subject = `${ref.kind} ${ref.name}`;
  if (ref.kind === "DanmIp") {
    const { metadata, spec } = parse(DanmIp, object, subject);
    const { containerID, interface: ifname, podUID, podNamespace, podName, node, address } = spec;
    return { ...versions(metadata), containerID, interface: ifname, podUID, podNamespace, podName, node, address };
  }
  const { metadata, spec } = parse(DanmEp, object, subject);
  return {
    ...versions(metadata),
    containerID: spec.CID ?? "",
    interface: spec.Interface.Name,
    podUID: spec.PodUID ?? "",
    podNamespace: metadata.namespace ?? "",
    podName: spec.Pod ?? "",
    node: spec.Host ?? "",
  };
}

function versions(
  metadata: DanmIp["metadata"],
): Pick<StoredObject, "uid" | "resourceVersion" | "createdAt"> {
  return {
    uid: metadata.uid ?? "",
    resourceVersion: metadata.resourceVersion ?? "",
    createdAt: metadata.creationTimestamp ?? "",
  };
}
