import type { PodIdentity } from "../cni/cni_args.ts";
import { delay } from "../delay.ts";
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
  status: z.optional(z.object({ phase: z.optional(z.string()) })),
});
/** The part of a Pod that attaching needs. */
export type Pod = z.infer<typeof Pod>;

/** The kubelet knows a static Pod by this hash, the API by its mirror's UID. */
const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/**
 * How long a Pod that is not there is waited for, in milliseconds from one look to the next; 1.5 s in all. The kubelet
 * has other Pods from the API server, which so has them too. Static Pods it starts by itself, also before their mirrors
 * are made, which is as soon as the node is registered; a sandbox that fails is not tried again for ten seconds.
 */
const WAITS_MS = [100, 200, 400, 800];

/** The UID by which kubelet, runtime and `kubectl describe` know a Pod: of a static one the hash of its manifest. */
export function kubeletUID({ metadata }: Pod): string {
  return metadata.annotations?.[MIRROR_ANNOTATION] ?? metadata.uid ?? "";
}

/**
 * The Pod that the runtime calls for.
 *
 * @throws {CniError} code 11 when it is not there, is over or being deleted, or when another Pod has taken its name
 * @throws {ApiError}
 */
export async function getPod(client: KubeClient, identity: PodIdentity, signal: AbortSignal): Promise<Pod> {
  const subject = `Pod ${identity.namespace}/${identity.name}`;
  const pod = parse(Pod, await readPod(client, { identity, subject, signal }), subject);
  checkUID(pod, { uid: identity.uid, subject });
  checkAlive(pod, subject);
  return pod;
}

async function readPod(
  client: KubeClient,
  at: { identity: PodIdentity; subject: string; signal: AbortSignal },
): Promise<unknown> {
  const { identity: { namespace, name }, subject, signal } = at;
  for (let looks = 0;; looks++) {
    try {
      return await client.get(`/api/v1/namespaces/${namespace}/pods/${name}`, { signal });
    } catch (cause) {
      if (!(cause instanceof NotFound)) throw cause;
      const waitMs = WAITS_MS[looks];
      if (waitMs === undefined) {
        throw new CniError(ErrorCode.TryAgain, `${subject} is not in the API server`, {
          cause,
          details: "it was deleted, or is a static Pod without its mirror yet; the runtime tries again while it exists",
        });
      }
      await delay(waitMs, signal);
    }
  }
}

function checkUID(pod: Pod, { uid, subject }: { uid: string | undefined; subject: string }): void {
  const answersTo = [...new Set([pod.metadata.uid, kubeletUID(pod)])];
  if (uid === undefined || answersTo.includes(uid)) return;
  const known = answersTo.join(" and ");
  throw new CniError(ErrorCode.TryAgain, `${subject} has UID ${known}, the sandbox is for UID ${uid}`, {
    details: answersTo.length > 1
      ? "it mirrors another version of the static Pod's manifest; the kubelet makes the mirror anew"
      : "the Pod was deleted and made again under the same name; this sandbox is for the one that is gone",
  });
}

/**
 * Nobody would have to release what such a Pod is given now: addresses of Pods that are over count as free, and the
 * UID of a mirror that is being deleted is nobody's soon.
 */
function checkAlive({ metadata, status }: Pod, subject: string): void {
  const over = status?.phase === "Succeeded" || status?.phase === "Failed";
  if (!over && !metadata.deletionTimestamp) return;
  throw new CniError(
    ErrorCode.TryAgain,
    over ? `${subject} is over: its phase is ${status.phase}` : `${subject} is being deleted`,
    { details: "such a Pod is not attached any more; its node stops calling for it as soon as it hears of that" },
  );
}
