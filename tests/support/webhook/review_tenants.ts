import { assert, assertEquals } from "@std/assert";
import { createLogger } from "../../../shared/log.ts";
import { API_GROUP } from "../../../shared/schema/meta.ts";
import { RESOURCES } from "../../../shared/schema/resources.ts";
import { valueAt } from "../../../shared/schema/value_at.ts";
import { AdmissionRequest } from "../../../webhook/admission_request.ts";
import type { Cluster } from "../../../webhook/cluster.ts";
import { mutateInTurn, validateAtOnce } from "../../../webhook/judge_request.ts";
import type { JudgeContext } from "../../../webhook/judge.ts";
import type { Judges } from "../../../webhook/judges.ts";
import { reservationsOf } from "../../../webhook/tenants/tenancy.ts";
import type { Verdict } from "../../../webhook/verdict.ts";
import type { TenantCase } from "../../integration/webhook/cases/tenant_case.ts";
import { type Manifest, MemoryCluster } from "./memory_cluster.ts";

/** What of a case makes a request. */
export type TenantRequest = Pick<TenantCase, "operation" | "object" | "before" | "dryRun" | "user">;

/** What judges are asked with. */
export interface Asked {
  readonly cluster: Cluster;
  readonly judges: Judges;
  readonly signal?: AbortSignal;
}

/** A cluster with what a case says is there. */
export function clusterOf({ before, others = [] }: TenantCase): MemoryCluster {
  return new MemoryCluster([...others, ...(before ? [before] : [])]);
}

/** Asks the judges as the API server does: first those that mutate, then the others about what came out. */
export async function review(of: TenantRequest, asked: Asked): Promise<Verdict> {
  const mutated = await mutate(of, asked);
  if (mutated.denials.length > 0) return mutated;
  const object = mutated.object ?? of.object;
  const judged = await validate({ ...of, ...(object ? { object: object as Manifest } : {}) }, asked);
  return { ...judged, warnings: [...mutated.warnings, ...judged.warnings], object };
}

/** The mutating half. */
export async function mutate(of: TenantRequest, asked: Asked): Promise<Verdict> {
  const judges = of.operation === "DELETE" ? [] : judgesOf(of, asked).mutate ?? [];
  return await mutateInTurn(judges, requestOf(of), contextOf(asked));
}

/** The validating half. */
export async function validate(of: TenantRequest, asked: Asked): Promise<Verdict> {
  return await validateAtOnce(judgesOf(of, asked).validate ?? [], requestOf(of), contextOf(asked));
}

/** All reservations, as `config: device vniType vni network`. */
export async function reservedIn(cluster: Cluster): Promise<string[]> {
  const configs = await cluster.listTenantConfigs(new AbortController().signal);
  return configs.flatMap((config) =>
    reservationsOf(config).map(({ device, vniType, vni, network }) =>
      `${config.metadata.name}: ${device} ${vniType} ${vni} ${network}`
    )
  );
}

/** Checks what was answered to a case. */
export function assertTenantVerdict(of: TenantCase, { denials, warnings, object }: Verdict): void {
  const said = JSON.stringify(denials);
  if (!of.denied) assertEquals(denials, []);
  for (const { field, says } of of.denied ?? []) {
    const found = denials.some((denial) => denial.field === field && denial.reason.includes(says));
    assert(found, `no denial names ${field || "the object"} and says ${says}: ${said}`);
  }
  if (of.warns) assertEquals(warnings.length, of.warns.length, JSON.stringify(warnings));
  for (const part of of.warns ?? []) assert(warnings.some((one) => one.includes(part)), JSON.stringify(warnings));
  for (const [field, value] of Object.entries(of.becomes ?? {})) {
    assertEquals(valueAt(object, `spec.${field}`), value, field);
  }
}

function judgesOf(of: TenantRequest, { judges }: Asked): Judges[string] {
  const kind = (of.object ?? of.before)?.kind ?? "TenantNetwork";
  return judges[`${RESOURCES[kind].plural}.${API_GROUP}`] ?? {};
}

function contextOf({ cluster, signal }: Asked): JudgeContext {
  return { cluster, log: createLogger(() => undefined), signal: signal ?? new AbortController().signal };
}

/** The request that an API server makes of a case. */
export function requestOf(
  { operation, object, before, dryRun, user = "kubernetes-admin" }: TenantRequest,
): AdmissionRequest {
  const any = object ?? before;
  const { kind = "TenantNetwork", metadata } = any ?? {};
  const version = { group: API_GROUP, version: "v1" };
  return AdmissionRequest.parse({
    uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
    kind: { ...version, kind },
    resource: { ...version, resource: RESOURCES[kind].plural },
    operation,
    name: metadata?.name,
    ...(metadata?.namespace && { namespace: metadata.namespace }),
    userInfo: { username: user, groups: [] },
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(object && operation !== "DELETE" && { object: structuredClone(object) }),
    ...(before && { oldObject: structuredClone(before) }),
  });
}
