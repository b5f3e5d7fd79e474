import type { DanmIpSpec } from "../shared/schema/danm_ip.ts";
import type { Network } from "../shared/schema/network.ts";
import { spaceOf } from "../shared/schema/space.ts";
import type { Holder } from "./address_request.ts";
import type { AllocationRecord } from "./allocation_record.ts";

/** The {@linkcode Holder} of an interface that a record is for. */
export function holderOf(
  record: Pick<AllocationRecord, "pod" | "containerID" | "node">,
  at: { network: Network; interface: string; plugin?: DanmIpSpec["plugin"] },
): Holder {
  const { kind, metadata, spec: { Options: options } } = at.network;
  const namespace = kind === "ClusterNetwork" ? "" : record.pod.namespace;
  return {
    space: spaceOf({ kind, namespace, name: metadata.name, addressSpace: options.address_space }),
    networkKind: kind,
    networkNamespace: namespace,
    networkName: metadata.name,
    podNamespace: record.pod.namespace,
    podName: record.pod.name,
    podUID: record.pod.uid,
    containerID: record.containerID,
    interface: at.interface,
    node: record.node,
    ...(at.plugin && { plugin: at.plugin }),
  };
}

/**
 * A number from 0 up to 1 that is a node's own: FNV-1a of its name, mixed so that names which differ in their last
 * character only are not neighbours (MurmurHash3's finalizer).
 */
export function nodeOffset(node: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(node)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
