import { findAnnotation, type FoundAnnotation } from "../../shared/schema/annotations.ts";
import { describeNetwork } from "../../shared/schema/describe_network.ts";
import { SchemaError } from "../../shared/schema/describe_issues.ts";
import {
  parseServiceNetwork,
  parseServiceSelector,
  SERVICE_NETWORKS,
  type ServiceNetwork,
} from "../../shared/schema/service_annotations.ts";
import type { Finding } from "../pods/finding.ts";
import { type FoundNetworks, planUse } from "../pods/plan_use.ts";
import type { Service } from "./service.ts";

/** What a Service's annotations say, as far as they can be read. */
export interface ServiceAnnotations {
  readonly networks: readonly ServiceNetwork[];
  readonly findings: readonly Finding[];
}

/** Reads the annotations of a Service, and finds what is wrong with them and with what they stand beside. */
export function planServiceFindings({ metadata, spec }: Service): ServiceAnnotations {
  const annotations = metadata?.annotations;
  const selector = findAnnotation(annotations, "selector");
  const parsed = selector && attempt(selector, () => parseServiceSelector(selector.value, selector.name));
  const named = SERVICE_NETWORKS.flatMap(({ key, kind }) => {
    const found = findAnnotation(annotations, key);
    if (!found?.value) return [];
    return [{ found, ...attempt(found, () => parseServiceNetwork(found.value, { annotation: found.name, kind })) }];
  });
  const isSwitchedOff = parsed?.value !== undefined && Object.keys(parsed.value).length === 0;
  const together = isSwitchedOff ? [] : judgeTogether({ selector, spec }, named.map(({ found }) => found));
  return {
    networks: isSwitchedOff ? [] : named.flatMap(({ value }) => value ?? []),
    findings: [...parsed?.findings ?? [], ...named.flatMap(({ findings }) => findings), ...together],
  };
}

/** What stands in the way of the networks that a Service's annotations name. */
export function planServiceUse(
  named: readonly ServiceNetwork[],
  { networks, namespace }: { networks: FoundNetworks; namespace: string },
): Finding[] {
  return named.flatMap(({ annotation, kind, name }) =>
    planUse(networks, { annotation, path: "", subject: describeNetwork(kind, namespace, name), namespace }).findings
  );
}

/** One annotation may come after the other, so nothing of this is fatal. */
function judgeTogether(
  { selector, spec }: { selector: FoundAnnotation | undefined; spec: Service["spec"] },
  networks: readonly FoundAnnotation[],
): Finding[] {
  const first = selector ?? networks[0];
  if (!first) return [];
  const warn = (reason: string): Finding => ({ annotation: first.name, path: "", reason, fatal: false });
  const findings: Finding[] = [];
  if (!selector) findings.push(warn("has no effect without danm.io/selector"));
  if (networks.length === 0) {
    findings.push(warn("has no effect without danm.io/network, danm.io/tenantNetwork or danm.io/clusterNetwork"));
  }
  if (Object.keys(spec?.selector ?? {}).length > 0) {
    findings.push(warn("has no effect beside spec.selector, by which Kubernetes makes the endpoints"));
  }
  if (spec?.type === "ExternalName") findings.push(warn("has no effect on a Service of type ExternalName"));
  return findings;
}

function attempt<T>({ name }: FoundAnnotation, run: () => T): { value?: T; findings: Finding[] } {
  try {
    return { value: run(), findings: [] };
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const findings = error.issues.map(({ field, reason }) => ({ annotation: name, path: field, reason, fatal: true }));
    return { findings };
  }
}
