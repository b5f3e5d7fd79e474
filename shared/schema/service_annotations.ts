import type { AnnotationKey } from "./annotations.ts";
import { type FieldIssue, SchemaError } from "./describe_issues.ts";
import type { NetworkKind } from "./network.ts";
import { isObjectName } from "./object_name.ts";

/** Annotations of Services that name a network, and the kind they name. */
export const SERVICE_NETWORKS = [
  { key: "network", kind: "DanmNet" },
  { key: "tenantNetwork", kind: "TenantNetwork" },
  { key: "clusterNetwork", kind: "ClusterNetwork" },
] as const satisfies readonly { readonly key: AnnotationKey; readonly kind: NetworkKind }[];

/** A network that a Service's endpoints are on. */
export interface ServiceNetwork {
  /** Full name of the annotation that names it. */
  readonly annotation: string;
  readonly kind: NetworkKind;
  readonly name: string;
}

const LABEL_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/**
 * Parses the annotation that selects a Service's Pods.
 *
 * @param text JSON, `{label: value}`; empty, `null` and `{}` select nothing: the Service is none of ours then
 * @param name full name of the annotation, for messages
 * @throws {SchemaError} naming every label that no Pod could have
 */
export function parseServiceSelector(text: string, name = "danm.io/selector"): Readonly<Record<string, string>> {
  const value = parseJson(text, name);
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    const got = Array.isArray(value) ? "a list" : `a ${typeof value}`;
    throw wrong(name, [{ field: "", reason: `must be a map of labels, as in {"app": "web"}, not ${got}` }]);
  }
  const issues = Object.entries(value).flatMap(([key, label]) => labelIssues(key, label));
  if (issues.length > 0) throw wrong(name, issues);
  return value as Record<string, string>;
}

function labelIssues(key: string, value: unknown): FieldIssue[] {
  const field = `[${key}]`;
  const slash = key.indexOf("/");
  const isKey = LABEL_NAME.test(key.slice(slash + 1)) && (slash < 0 || isObjectName(key.slice(0, slash)));
  if (!isKey) return [{ field, reason: `${JSON.stringify(key)} is not the name of a label` }];
  if (typeof value !== "string") return [{ field, reason: `must be a text, not ${nameType(value)}` }];
  if (LABEL_VALUE.test(value)) return [];
  return [{ field, reason: `${JSON.stringify(value)} is not the value of a label` }];
}

function nameType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : `a ${typeof value}`;
}

function parseJson(text: string, name: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(name, [{ field: "", reason: `not JSON: ${(error as SyntaxError).message}` }]);
  }
}

/**
 * Parses one of the annotations that name a network.
 *
 * @throws {SchemaError}
 */
export function parseServiceNetwork(
  name: string,
  { annotation, kind }: { annotation: string; kind: NetworkKind },
): ServiceNetwork {
  if (isObjectName(name)) return { annotation, kind, name };
  throw wrong(annotation, [{ field: "", reason: `${JSON.stringify(name)} is not the name of a ${kind}` }]);
}

function wrong(name: string, issues: readonly FieldIssue[]): SchemaError {
  return new SchemaError(`annotation ${name}`, issues);
}
