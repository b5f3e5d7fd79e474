import { Forbidden, NotFound, Unauthorized } from "../shared/kube/api_error.ts";
import { messageOf } from "../shared/errors.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import { ObjectMeta, SYSTEM_NAMESPACE } from "../shared/schema/meta.ts";
import * as z from "zod/mini";
import type { NodeAccess } from "./node_access.ts";

/** Why this Pod ends, as far as the API server tells. */
export type Ending =
  /** DANM is being removed from the cluster. */
  | { readonly kind: "removal"; readonly why: string }
  /** An upgrade, a restart, a reboot: another Pod takes over. */
  | { readonly kind: "restart" }
  /** Nobody knows. */
  | { readonly kind: "unknown"; readonly why: string };

const DaemonSet = z.object({ metadata: ObjectMeta });

/**
 * Finds out whether this Pod ends because DANM is removed: then its DaemonSet is gone, or going.
 *
 * With everything that `kubectl delete -k` removes our own rights go, too, and usually first. Nobody takes them for an
 * upgrade, so an API server that does not know us any more says the same, provided it has since this process started.
 */
export async function findEnding(
  access: NodeAccess,
  { name, signal }: { name: string; signal: AbortSignal },
): Promise<Ending> {
  try {
    const path = `/apis/apps/v1/namespaces/${SYSTEM_NAMESPACE}/daemonsets/${name}`;
    const client = await access.client();
    const { metadata } = parse(DaemonSet, await client.get(path, { signal }), `DaemonSet ${name}`);
    return metadata.deletionTimestamp
      ? { kind: "removal", why: `DaemonSet ${name} is being deleted` }
      : { kind: "restart" };
  } catch (error) {
    if (error instanceof NotFound) return { kind: "removal", why: `DaemonSet ${name} is deleted` };
    if ((error instanceof Forbidden || error instanceof Unauthorized) && access.isKnown) {
      return { kind: "removal", why: `the installer has lost its rights (${error.status})` };
    }
    return { kind: "unknown", why: messageOf(error) };
  }
}
