import type { KubeClient } from "../shared/kube/client.ts";

/** Something that the owner of a Pod should know, though its attachment went well. */
export interface Warning {
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly node: string;
  /** In UpperCamelCase. */
  readonly reason: string;
  readonly note: string;
}

/** Longest note that the API takes, in bytes. */
const MAX_NOTE = 1024;

/**
 * Writes an Event of type Warning about a Pod, as `kubectl describe pod` shows it.
 *
 * @throws {ApiError}
 * @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export async function writeEvent(client: KubeClient, warning: Warning, signal: AbortSignal): Promise<void> {
  const { pod, node, reason, note } = warning;
  const { namespace, name, uid } = pod;
  const prefix = name.slice(0, 200).replace(/[^a-z0-9]+$/, "");
  await client.create(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`, {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: `${prefix}.${crypto.randomUUID()}`, namespace },
    eventTime: new Date().toISOString().replace("Z", "000Z"),
    type: "Warning",
    reason,
    note: note.slice(0, MAX_NOTE),
    action: "Attach",
    reportingController: "danm.io/cni",
    reportingInstance: `danm-${node}`.slice(0, 128),
    regarding: { apiVersion: "v1", kind: "Pod", namespace, name, uid },
  }, { signal });
}
