import { ObjectMeta } from "./meta.ts";
import * as z from "zod/mini";

/** Kind of the network objects that other meta-plugins attach Pods to. */
export const NAD_KIND = "NetworkAttachmentDefinition";

/** Annotation of Pods: which of them. */
export const NAD_ANNOTATION = "k8s.v1.cni.cncf.io/networks";

/** Annotation of such an object: the resource whose devices are for its interfaces. */
export const NAD_RESOURCE_ANNOTATION = "k8s.v1.cni.cncf.io/resourceName";

/**
 * Annotation of such an object whose `master` was pointed at a VLAN or VxLAN link of ours: the device that its author
 * named there.
 */
export const NAD_HOST_DEVICE_ANNOTATION = "danm.io/host-device";

/**
 * A NetworkAttachmentDefinition: a CNI configuration as text.
 *
 * @see https://github.com/k8snetworkplumbingwg/multi-net-spec v1.3, section 3
 */
export const Nad = z.object({
  metadata: ObjectMeta,
  spec: z.optional(z.nullable(z.object({
    /** JSON: a configuration or a list; empty = a file on the node has it. */
    config: z.optional(z.string()),
  }))),
});
/** A NetworkAttachmentDefinition. */
export type Nad = z.infer<typeof Nad>;

/** A NetworkAttachmentDefinition as messages name it. */
export function describeNad({ namespace, name }: { namespace: string; name: string }): string {
  return `${NAD_KIND} ${namespace}/${name}`;
}

/** Path of such an object, below the API server's root. */
export function nadPath({ namespace, name }: { namespace: string; name: string }): string {
  const parts = ["apis", "k8s.cni.cncf.io", "v1", "namespaces", namespace, "network-attachment-definitions", name];
  return `/${parts.map(encodeURIComponent).join("/")}`;
}
