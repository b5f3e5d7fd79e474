import { AlreadyExists } from "../shared/kube/api_error.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { kubeletUID, type Pod } from "../shared/kube/pod.ts";

/** Something that the owner of a Pod should know. */
export interface Warning {
  readonly pod: Pod;
  readonly namespace: string;
  readonly node: string;
  /** In UpperCamelCase. */
  readonly reason: string;
  readonly note: string;
  /** What makes it another one than others of the same reason; of two that are the same, one is written. */
  readonly about: string;
}

/** Longest note that the API takes, in bytes. */
const MAX_NOTE = 1024;

/** How long a warning is not repeated, in milliseconds: runtimes try again every few seconds. */
const REPEAT_MS = 600_000;

/**
 * Writes an Event of type Warning about a Pod, as `kubectl describe pod` shows it. The same warning is in the API once
 * in ten minutes: its name is made of the Pod, of what it says, and of the time in steps of that length, so that a
 * repetition is refused by the API server. Nothing has to be read, and whatever varies in a note, Events do not pile up.
 *
 * @throws {ApiError}
 * @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export async function writeEvent(
  client: KubeClient,
  warning: Warning,
  { signal, now = new Date() }: { signal: AbortSignal; now?: Date },
): Promise<void> {
  const { namespace, node, reason, note, pod } = warning;
  const { name } = pod.metadata;
  try {
    await client.create(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`, {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: await eventName(warning, now), namespace },
      eventTime: now.toISOString().replace("Z", "000Z"),
      type: "Warning",
      reason,
      note: firstBytes(note, MAX_NOTE),
      action: "Attach",
      reportingController: "danm.io/cni",
      reportingInstance: `danm-${node}`.slice(0, 128),
      regarding: { apiVersion: "v1", kind: "Pod", namespace, name, uid: kubeletUID(pod) },
    }, { signal });
  } catch (error) {
    // It was written before.
    if (!(error instanceof AlreadyExists)) throw error;
  }
}

async function eventName({ pod, reason, about }: Warning, now: Date): Promise<string> {
  const step = Math.floor(now.getTime() / REPEAT_MS);
  const text = JSON.stringify([kubeletUID(pod), reason, about, step]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const suffix = Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const prefix = pod.metadata.name.slice(0, 200).replace(/[^a-z0-9]+$/, "");
  return `${prefix}.${suffix}`;
}

/** As much of a text as its UTF-8 fits, no character in parts. */
function firstBytes(text: string, bytes: number): string {
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(bytes)).read);
}
