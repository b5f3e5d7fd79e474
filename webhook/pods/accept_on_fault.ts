import { abortable } from "../../shared/abortable.ts";
import { messageOf } from "../../shared/errors.ts";
import { SYSTEM_NAMESPACE } from "../../shared/schema/meta.ts";
import type { Judge } from "../judge.ts";
import { ACCEPTED } from "../verdict.ts";

/** Their Pods are what the cluster, and we ourselves, come up with. */
const LEFT_ALONE = ["kube-system", SYSTEM_NAMESPACE];

/** An API server that does not answer holds up nobody's Pods for longer than this. */
const MAX_WAIT_MS = 2_000;

/**
 * A judge of objects that are not ours: those of a cluster's own namespaces, and subresources, it never sees, and of
 * what fails in it nobody's Pod or Service suffers. The log has the reason, and the user a warning.
 */
export function acceptOnFault(judge: Judge): Judge {
  return async (request, context) => {
    const { namespace, name, kind: { kind } } = request;
    if (request.subResource || LEFT_ALONE.includes(namespace ?? "")) return ACCEPTED;
    try {
      const signal = AbortSignal.any([context.signal, AbortSignal.timeout(MAX_WAIT_MS)]);
      return await abortable(judge(request, { ...context, signal }), signal);
    } catch (error) {
      // Its message is for administrators: it may name paths of the API and our own account.
      const log = { kind, namespace, name, error: messageOf(error) };
      context.log.warn("accepted without having been judged", log);
      return { denials: [], warnings: ["DANM could not check its annotations; the log of the webhook has the reason"] };
    }
  };
}
