import type { CniResult } from "../shared/cni/cni_result.ts";
import { messageOf } from "../shared/errors.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import type { Pod } from "../shared/kube/pod.ts";
import type { Logger } from "../shared/log.ts";
import { type AttachedInterface, renderNetworkStatus } from "./render_network_status.ts";

/** The annotation that other programs read a Pod's interfaces from. */
const ANNOTATION = "k8s.v1.cni.cncf.io/network-status";

/** Time for the write and its repetitions, in milliseconds: a Pod is attached without it, too. */
const WRITE_MS = 2000;

/**
 * Writes the status annotation of a Pod that is attached. A failure is logged: the Pod works without.
 *
 * The patch names nothing but the annotation, so that it has no conflict with what others write to the Pod, and the
 * UID, so that it never reaches another Pod of that name.
 *
 * @param at.signal of the whole ADD
 */
export async function writeNetworkStatus(
  client: KubeClient,
  at: {
    pod: Pod;
    namespace: string;
    attached: readonly AttachedInterface[];
    result: CniResult;
    signal: AbortSignal;
    log: Logger;
  },
): Promise<void> {
  const { pod: { metadata: { name, uid } }, namespace, attached, result, log } = at;
  const status = renderNetworkStatus(attached, { result, namespace });
  const patch = { metadata: { uid, annotations: { [ANNOTATION]: JSON.stringify(status) } } };
  try {
    await client.patch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, patch, {
      contentType: "application/merge-patch+json",
      idempotent: true,
      signal: AbortSignal.any([at.signal, AbortSignal.timeout(WRITE_MS)]),
    });
  } catch (error) {
    log.warn(`annotation ${ANNOTATION} could not be written`, { error: messageOf(error) });
  }
}
