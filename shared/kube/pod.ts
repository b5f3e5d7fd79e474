import type { PodIdentity } from "../cni/cni_args.ts";
import { CniError, ErrorCode } from "../errors.ts";
import { NotFound } from "./api_error.ts";
import type { KubeClient } from "./client.ts";
import { parse } from "../schema/describe_issues.ts";
import { ObjectMeta } from "../schema/meta.ts";
import * as z from "zod/mini";

/** The part of a Pod that attaching needs. */
export const Pod = z.object({
  metadata: ObjectMeta,
  spec: z.object({ nodeName: z.optional(z.string()) }),
});
/** The part of a Pod that attaching needs. */
export type Pod = z.infer<typeof Pod>;

/** The kubelet knows a static Pod by this hash, the API by its mirror's UID. */
const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/**
 * The Pod that the runtime calls for.
 *
 * @throws {CniError} code 11 when it is not there, or when another Pod has taken its name
 * @throws {ApiError}
 */
export async function getPod(client: KubeClient, identity: PodIdentity, signal: AbortSignal): Promise<Pod> {
  const { namespace, name, uid } = identity;
  const subject = `Pod ${namespace}/${name}`;
  let stored: unknown;
  try {
    stored = await client.get(`/api/v1/namespaces/${namespace}/pods/${name}`, { signal });
  } catch (cause) {
    if (!(cause instanceof NotFound)) throw cause;
    throw new CniError(ErrorCode.TryAgain, `${subject} is not in the API server`, {
      cause,
      details: "it was deleted, or is not yet visible; the runtime tries again while it exists",
    });
  }
  const pod = parse(Pod, stored, subject);
  const answersTo = [pod.metadata.uid, pod.metadata.annotations?.[MIRROR_ANNOTATION]];
  if (uid === undefined || answersTo.includes(uid)) return pod;
  throw new CniError(ErrorCode.TryAgain, `${subject} has UID ${pod.metadata.uid}, the sandbox is for UID ${uid}`, {
    details: "the Pod was deleted and made again under the same name; this sandbox is for the one that is gone",
  });
}
