import { LEGACY_MIGRATED } from "../../../ipam/subnet.ts";
import { createLogger } from "../../../shared/log.ts";
import { RESOURCES } from "../../../shared/schema/resources.ts";
import { API_GROUP } from "../../../shared/schema/meta.ts";
import { CASE_NAMESPACE, type NetworkCase, placeOf } from "../../integration/webhook/cases/network_case.ts";
import { AdmissionRequest } from "../../../webhook/admission_request.ts";
import type { Judge } from "../../../webhook/judge.ts";
import type { Verdict } from "../../../webhook/verdict.ts";
import { type Manifest, MemoryCluster } from "./memory_cluster.ts";

/** The request that an API server makes of a case. */
export function requestOf(of: NetworkCase): AdmissionRequest {
  const { kind, operation, spec, before, metadata, user = "kubernetes-admin" } = of;
  const object = spec && manifestOf(of, { ...metadata?.object }, spec);
  const oldObject = before && { ...manifestOf(of, { ...metadata?.before }, before), ...statusOf(of) };
  const version = { group: API_GROUP, version: "v1" };
  return AdmissionRequest.parse({
    uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
    kind: { ...version, kind },
    resource: { ...version, resource: RESOURCES[kind].plural },
    operation,
    name: (object ?? oldObject)?.metadata.name,
    ...(kind !== "ClusterNetwork" && { namespace: CASE_NAMESPACE }),
    userInfo: { username: user, groups: [] },
    ...(object && { object }),
    ...(oldObject && { oldObject }),
  });
}

function manifestOf({ kind }: NetworkCase, metadata: Record<string, unknown>, spec: unknown): Manifest {
  return { kind, metadata: { ...placeOf(kind), ...metadata }, spec: structuredClone(spec) };
}

function statusOf({ migrated }: NetworkCase): { status?: unknown } {
  return migrated ? { status: { conditions: [MIGRATED] } } : {};
}

const MIGRATED = {
  type: LEGACY_MIGRATED,
  status: "True",
  reason: "Done",
  message: "",
  lastTransitionTime: "2026-01-01T00:00:00Z",
};

/** A cluster with what a case says is there. */
export function clusterOf(of: NetworkCase): MemoryCluster {
  const { before, metadata, others = [] } = of;
  return new MemoryCluster([...others, ...(before ? [manifestOf(of, { ...metadata?.before }, before)] : [])]);
}

/** Asks the judges as the webhook does: first those that mutate, then the others about what came out. */
export async function judgeCase(
  of: NetworkCase,
  { mutate, validate, cluster = clusterOf(of) }: { mutate: Judge; validate: Judge; cluster?: MemoryCluster },
): Promise<Verdict> {
  const { signal } = new AbortController();
  const context = { cluster, log: createLogger(() => undefined), signal };
  const request = requestOf(of);
  const mutated = of.operation === "DELETE" ? undefined : await mutate(request, context);
  const object = mutated?.object ?? request.object;
  const judged = await validate({ ...request, object }, context);
  return { denials: judged.denials, warnings: judged.warnings, object };
}
