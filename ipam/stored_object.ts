/**
 * Reads stored objects. For `await import`: most commands read none.
 *
 * @module
 */
import { AddressError, parseAddress } from "../shared/schema/address.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import { ObjectMeta } from "../shared/schema/meta.ts";
import type { ObjectRef, OwnedObject } from "./ledger.ts";
import * as z from "zod/mini";

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

/** An object as {@linkcode ObjectStore.listOwned} finds it: certain to exist. */
export interface ListedObject extends OwnedObject {
  readonly uid: string;
  readonly podUID: string;
  /** Of a DanmIp, the plugin that took it; undefined = `danm`. */
  readonly plugin?: string | undefined;
  /** Path of the sandbox's namespace, which DanmEps tell. */
  readonly netns?: string | undefined;
}

/** A listed object, and the namespace of its Pod. */
export interface ReadListed {
  readonly listed: ListedObject;
  readonly podNamespace: string;
}

// Only what is used is read: nodes of this release must do their work among objects that a later one has written.
const text = z._default(z.string(), "");
const NamedObject = z.object({ metadata: ObjectMeta });
const HeldAddress = z.object({ spec: z.object({ address: z.string() }) });
const StoredIp = z.object({
  metadata: ObjectMeta,
  spec: z.object({
    address: z.string(),
    containerID: z.string(),
    interface: z.string(),
    podUID: z.string(),
    podNamespace: z.string(),
    podName: text,
    node: text,
    plugin: z.optional(z.string()),
  }),
});
const StoredEp = z.object({
  metadata: ObjectMeta,
  spec: z.object({
    CID: text,
    Interface: z.object({ Name: z.string() }),
    PodUID: text,
    Pod: text,
    Host: text,
    netns: text,
  }),
});

/**
 * The address of a DanmIp in a list, in canonical form; undefined when it has none that is an address: what nobody can
 * read holds nothing, and must not keep others from what they can read.
 */
export function findAddress(object: unknown): string | undefined {
  const parsed = HeldAddress.safeParse(object);
  if (!parsed.success) return undefined;
  const { address } = parsed.data.spec;
  try {
    parseAddress(address);
    return address;
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}

/**
 * Reads an item of a list.
 *
 * @throws {SchemaError}
 */
export function readListed(
  item: unknown,
  at: { kind: OwnedObject["kind"]; namespace: string | undefined },
): ReadListed {
  const { name } = parse(NamedObject, item, at.kind).metadata;
  const { interface: ifname, uid, podUID, podNamespace } = readStored({ ...at, name }, item);
  const netns = at.kind === "DanmEp" ? parse(StoredEp, item, at.kind).spec.netns : undefined;
  const plugin = at.kind === "DanmIp" ? parse(StoredIp, item, at.kind).spec.plugin : undefined;
  return { listed: { ...at, name, interface: ifname, uid, podUID, plugin, ...(netns && { netns }) }, podNamespace };
}

/**
 * Reads a stored object.
 *
 * @throws {SchemaError}
 */
export function readStored(ref: ObjectRef, object: unknown): StoredObject {
  const subject = `${ref.kind} ${ref.name}`;
  if (ref.kind === "DanmIp") {
    const { metadata, spec } = parse(StoredIp, object, subject);
    const { containerID, interface: ifname, podUID, podNamespace, podName, node, address } = spec;
    return { ...versions(metadata), containerID, interface: ifname, podUID, podNamespace, podName, node, address };
  }
  const { metadata, spec } = parse(StoredEp, object, subject);
  return {
    ...versions(metadata),
    containerID: spec.CID,
    interface: spec.Interface.Name,
    podUID: spec.PodUID,
    podNamespace: metadata.namespace ?? "",
    podName: spec.Pod,
    node: spec.Host,
  };
}

function versions(
  metadata: ObjectMeta,
): Pick<StoredObject, "uid" | "resourceVersion" | "createdAt"> {
  return {
    uid: metadata.uid ?? "",
    resourceVersion: metadata.resourceVersion ?? "",
    createdAt: metadata.creationTimestamp ?? "",
  };
}
