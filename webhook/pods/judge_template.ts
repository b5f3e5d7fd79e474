import { DEFAULT_NETWORK } from "../../shared/kube/networks.ts";
import { findAnnotation, type FoundAnnotation } from "../../shared/schema/annotations.ts";
import { SchemaError } from "../../shared/schema/describe_issues.ts";
import { type InterfaceRequest, parseInterfacesAnnotation } from "../../shared/schema/interfaces_annotation.ts";
import { NETWORK_KINDS } from "../../shared/schema/network.ts";
import type { JudgeContext } from "../judge.ts";
import { findNetworks } from "./find_networks.ts";
import type { Finding } from "./finding.ts";
import { planPodFindings } from "./plan_pod_findings.ts";
import type { PodTemplate } from "./pod_template.ts";
import { findUnread } from "./unread_annotations.ts";

/**
 * What is to be said of a Pod's annotations, or of those of a template; nothing where none of ours is there.
 *
 * @throws {ApiError}
 */
export async function judgeTemplate(
  { metadata, spec }: PodTemplate,
  context: JudgeContext & { namespace: string },
): Promise<Finding[]> {
  const annotations = metadata?.annotations ?? {};
  const unread = findUnread(annotations, { keys: ["interfaces"], kind: "Pod" });
  const found = findAnnotation(annotations, "interfaces");
  if (!found) return unread;
  const { requests, findings } = parseRequests(found);
  if (findings.length > 0) return [...findings, ...unread];
  if (spec?.hostNetwork) return [onHostNetwork(found), ...unread];
  const judged = requests.length > 0
    ? await judgeRequests(found, { ...context, requests })
    : await judgeDefault(found, context);
  return [...judged, ...unread];
}

function parseRequests({ name, value }: FoundAnnotation): { requests: InterfaceRequest[]; findings: Finding[] } {
  try {
    return { requests: parseInterfacesAnnotation(value, name), findings: [] };
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const findings = error.issues.map(({ field, reason }) => ({ annotation: name, path: field, reason, fatal: true }));
    return { requests: [], findings };
  }
}

function onHostNetwork({ name: annotation }: FoundAnnotation): Finding {
  return { annotation, path: "", reason: "has no effect on a Pod with hostNetwork", fatal: false };
}

async function judgeRequests(
  { name: annotation }: FoundAnnotation,
  context: JudgeContext & { namespace: string; requests: readonly InterfaceRequest[] },
): Promise<Finding[]> {
  const { namespace, requests, namingScheme = "" } = context;
  const networks = await findNetworks(requests, context);
  return planPodFindings({ annotation, namespace, namingScheme, requests, networks });
}

async function judgeDefault(
  { name: annotation }: FoundAnnotation,
  context: JudgeContext & { namespace: string },
): Promise<Finding[]> {
  const networks = await findNetworks(NETWORK_KINDS.map((kind) => ({ kind, name: DEFAULT_NETWORK })), context);
  if ([...networks.values()].some((network) => network !== undefined)) return [];
  const reason = `asks for nothing, and namespace ${context.namespace} has no network called ${DEFAULT_NETWORK}`;
  return [{ annotation, path: "", reason, fatal: false }];
}
