import type { Judge } from "../judge.ts";
import { ACCEPTED } from "../verdict.ts";
import { acceptOnFault } from "./accept_on_fault.ts";
import { judgeTemplate } from "./judge_template.ts";
import { parsePod, type PodTemplate } from "./pod_template.ts";
import { renderVerdict, renderWarnings } from "./render_findings.ts";

/**
 * Judges Pods when they are created: denies interfaces that they can never have, and warns of what may still come.
 * Nothing else is in their way, also not a fault of ours.
 */
export const judgePod: Judge = acceptOnFault(async (request, context) => {
  if (request.operation !== "CREATE") return ACCEPTED;
  const pod = parsePod(request.object);
  const findings = await judgeTemplate(pod, { ...context, namespace: request.namespace ?? "" });
  if (isMirror(pod)) return { denials: [], warnings: renderWarnings(findings) };
  return renderVerdict(findings);
});

/** The Pod runs on its node already: a refusal would only hide it, together with the reason why it is not attached. */
function isMirror({ metadata }: PodTemplate): boolean {
  return metadata?.annotations?.["kubernetes.io/config.mirror"] !== undefined;
}
