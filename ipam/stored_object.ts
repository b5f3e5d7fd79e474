/**
 * Reads stored objects. For `await import`: most commands read none.
 *
 * @module
 */
import { DanmEp } from "../shared/schema/danm_ep.ts";
import { DanmIp, type DanmIpSpec } from "../shared/schema/danm_ip.ts";
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
  readonly plugin?: DanmIpSpec["plugin"];
  /** Path of the sandbox's namespace, which DanmEps tell. */
  readonly netns?: string | undefined;
}

/** A listed object, and the namespace of its Pod. */
export interface ReadListed {
  readonly listed: ListedObject;
  readonly podNamespace: string;
}

const NamedObject = z.object({ metadata: ObjectMeta });

/**
 * The address of a stored DanmIp, in canonical form.
 *
 * @throws {SchemaError}
 */
export function readAddress(object: unknown): string {
  return parse(DanmIp, object, "DanmIp").spec.address;
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
  const netns = at.kind === "DanmEp" ? parse(DanmEp, item, at.kind).spec.netns : undefined;
  const plugin = at.kind === "DanmIp" ? parse(DanmIp, item, at.kind).spec.plugin : undefined;
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
