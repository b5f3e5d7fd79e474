import { sameValue } from "../../shared/schema/same_value.ts";
import { valueAt } from "../../shared/schema/value_at.ts";
import type { AdmissionRequest } from "../admission_request.ts";
import type { StoredObject } from "../cluster.ts";
import type { JudgeContext } from "../judge.ts";
import { ACCEPTED, type Denial, type Verdict } from "../verdict.ts";
import { record, usesOf } from "./network_use.ts";
import { readTenancy } from "./tenancy.ts";
import { validateDeletion, validateInUse } from "./validate_in_use.ts";
import { validateTenantConfig } from "./validate_tenant_config.ts";

/** What a TenantConfig says; its status is nobody's to judge. */
const SAYING = ["hostDevices", "networkIds"] as const;

/**
 * Judges TenantConfigs: what they say, that no two of them give out the same VNIs of a device, and that nothing is taken
 * away that networks of tenants have.
 */
export async function judgeTenantConfig(request: AdmissionRequest, context: JudgeContext): Promise<Verdict> {
  const { operation, object, oldObject, subResource } = request;
  if (subResource || operation === "CONNECT") return ACCEPTED;
  if (operation === "DELETE") {
    // Whatever it was to be kept for, it is going already.
    if (valueAt(oldObject, "metadata.deletionTimestamp")) return ACCEPTED;
    return { ...ACCEPTED, denials: await judgeChange(request, context) };
  }
  const isSame = operation === "UPDATE" &&
    SAYING.every((field) => sameValue(valueAt(object, field), valueAt(oldObject, field)));
  return isSame ? ACCEPTED : { ...ACCEPTED, denials: await judgeChange(request, context) };
}

async function judgeChange(request: AdmissionRequest, { cluster, signal }: JudgeContext): Promise<Denial[]> {
  const before = request.operation === "CREATE" ? undefined : configOf(request, request.oldObject);
  const stored = before && valueAt(before, "status");
  // Reservations stay: a status that comes with a change of the object is not stored.
  const after = request.operation === "DELETE"
    ? undefined
    : { ...configOf(request, request.object), ...{ status: stored } };
  const networks = await cluster.listNetworks(signal);
  const configs = await cluster.listTenantConfigs(signal);
  const name = (after ?? before)?.metadata.name;
  const others = configs.filter(({ metadata }) => metadata.name !== name);
  const uses = networks.flatMap(usesOf);
  const tenancy = (one: StoredObject | undefined) => readTenancy(ordered(one ? [...others, one] : others));
  const change = { before: tenancy(before), after: tenancy(after), uses };
  return [
    ...(after ? validateTenantConfig(after, before, others) : []),
    ...(before && !after ? validateDeletion(before.metadata.name, change.before, uses) : []),
    ...validateInUse(change),
  ];
}

/** The TenantConfig with a name, which one that the API server makes up the name of has not yet. */
function configOf({ name }: AdmissionRequest, object: unknown): StoredObject {
  const { metadata, ...rest } = record(object);
  return { ...rest, metadata: { ...record(metadata), name: String(record(metadata)["name"] || name || "") } };
}

function ordered(configs: readonly StoredObject[]): StoredObject[] {
  return [...configs].sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1);
}
