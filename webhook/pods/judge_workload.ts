import type { AdmissionRequest } from "../admission_request.ts";
import type { Judge } from "../judge.ts";
import { ACCEPTED } from "../verdict.ts";
import { acceptOnFault } from "./accept_on_fault.ts";
import { judgeTemplate } from "./judge_template.ts";
import { findTemplate, type PodTemplate } from "./pod_template.ts";
import { renderWarnings } from "./render_findings.ts";

/**
 * Warns of what is wrong with the Pods that a workload will make, when it is created and when their template changes.
 * Denies nothing: the Pods themselves are judged when they come.
 */
export const judgeWorkload: Judge = acceptOnFault(async (request, context) => {
  const template = findNewTemplate(request);
  if (!template) return ACCEPTED;
  const findings = await judgeTemplate(template, { ...context, namespace: request.namespace ?? "" });
  return { denials: [], warnings: renderWarnings(findings) };
});

function findNewTemplate({ operation, object, oldObject }: AdmissionRequest): PodTemplate | undefined {
  if (operation !== "CREATE" && operation !== "UPDATE") return undefined;
  const template = findTemplate(object);
  if (!template || operation === "CREATE") return template;
  return isSame(template, findTemplate(oldObject)) ? undefined : template;
}

function isSame(one: PodTemplate, other: PodTemplate | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
