import { type AnnotationKey, findAnnotation } from "../../shared/schema/annotations.ts";
import type { AdmissionRequest } from "../admission_request.ts";
import type { Judge } from "../judge.ts";
import { acceptOnFault } from "../pods/accept_on_fault.ts";
import { findNetworks } from "../pods/find_networks.ts";
import type { Finding } from "../pods/finding.ts";
import { renderVerdict } from "../pods/render_findings.ts";
import { findUnread } from "../pods/unread_annotations.ts";
import { ACCEPTED } from "../verdict.ts";
import { planServiceFindings, planServiceUse } from "./plan_service_findings.ts";
import { parseService, type Service } from "./service.ts";

const KEYS = ["selector", "network", "tenantNetwork", "clusterNetwork"] as const satisfies readonly AnnotationKey[];

/**
 * Judges Services when they are created, and when one of our annotations, or what they stand beside, changes. Denies
 * annotations that cannot be read, as far as they changed; warns of those without effect and of networks that are not
 * there. Nothing else is in the way of a Service, also not a fault of ours.
 */
export const judgeService: Judge = acceptOnFault(async (request, context) => {
  const change = findChange(request);
  if (!change) return ACCEPTED;
  const { service, before } = change;
  const namespace = request.namespace ?? "";
  const { networks: named, findings } = planServiceFindings(service);
  const networks = await findNetworks(named, { ...context, namespace });
  const unread = findUnread(service.metadata?.annotations ?? {}, { keys: KEYS, kind: "Service" });
  const used = planServiceUse(named, { networks, namespace });
  return renderVerdict([...findings, ...used, ...unread].map((finding) => softened(finding, { service, before })));
});

/** Undefined = nothing to judge: none of our annotations, or nothing of it changed. */
function findChange(
  { operation, object, oldObject }: AdmissionRequest,
): { service: Service; before: Service | undefined } | undefined {
  if (operation !== "CREATE" && operation !== "UPDATE") return undefined;
  const service = parseService(object);
  if (service.metadata?.deletionTimestamp || ours(service).length === 0) return undefined;
  if (operation === "CREATE") return { service, before: undefined };
  const before = parseService(oldObject);
  return isSame(judged(service), judged(before)) ? undefined : { service, before };
}

function ours({ metadata }: Service): unknown[] {
  return KEYS.flatMap((key) => findAnnotation(metadata?.annotations, key) ?? []);
}

function judged(service: Service): unknown {
  return [ours(service), service.spec?.type, Object.entries(service.spec?.selector ?? {}).sort()];
}

/** What was stored with the same fault must stay editable. */
function softened(finding: Finding, { service, before }: { service: Service; before: Service | undefined }): Finding {
  const valueIn = (one: Service | undefined): string | undefined => one?.metadata?.annotations?.[finding.annotation];
  return finding.fatal && before && valueIn(before) === valueIn(service) ? { ...finding, fatal: false } : finding;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
