import { SchemaError } from "../../shared/schema/describe_issues.ts";
import { sameValue } from "../../shared/schema/same_value.ts";
import { valueAt } from "../../shared/schema/value_at.ts";
import type { AdmissionRequest } from "../admission_request.ts";
import type { Cluster } from "../cluster.ts";
import type { JudgeContext } from "../judge.ts";
import { MIGRATION } from "../networks/judge_network.ts";
import { readNetwork, readStored } from "../networks/read_network.ts";
import { ACCEPTED, type Denial, type Verdict } from "../verdict.ts";
import { usesOf } from "./network_use.ts";
import type { World } from "./plan_vni.ts";
import { readTenancy } from "./tenancy.ts";
import { concernsMappings, validateAssigned, validateCreated, validateMappings } from "./validate_tenant_network.ts";

/**
 * Judges what a TenantNetwork has of the hosts, besides what `judgeNetwork` says of every network. A new one must have
 * it from the TenantConfigs; a stored one keeps it. Deleting one needs nothing.
 */
export async function judgeTenantNetwork(request: AdmissionRequest, context: JudgeContext): Promise<Verdict> {
  if (request.userInfo.username === MIGRATION) return ACCEPTED;
  try {
    if (request.operation === "CREATE") return { ...ACCEPTED, denials: await judgeCreation(request, context) };
    if (request.operation === "UPDATE") return { ...ACCEPTED, denials: await judgeChange(request, context) };
    return ACCEPTED;
  } catch (error) {
    if (error instanceof SchemaError) return { ...ACCEPTED, denials: error.issues };
    throw error;
  }
}

async function judgeCreation(request: AdmissionRequest, { cluster, signal }: JudgeContext): Promise<Denial[]> {
  const { object, namespace, dryRun } = request;
  const network = readNetwork("TenantNetwork", object);
  const placed = {
    ...network,
    metadata: { ...network.metadata, namespace: namespace || network.metadata.namespace },
  };
  return validateCreated(placed, await readWorld(cluster, signal), { dryRun: dryRun ?? false });
}

async function judgeChange({ object, oldObject }: AdmissionRequest, context: JudgeContext): Promise<Denial[]> {
  if (sameValue(valueAt(object, "spec"), valueAt(oldObject, "spec"))) return [];
  const network = readNetwork("TenantNetwork", object, oldObject);
  const before = readStored("TenantNetwork", oldObject);
  if (!before) return [];
  const denials = validateAssigned(network, before);
  if (!concernsMappings(network, before)) return denials;
  const configs = await context.cluster.listTenantConfigs(context.signal);
  return [...denials, ...validateMappings(network, before, { tenancy: readTenancy(configs), uses: [] })];
}

/** Networks first: what is not stored yet then has its reservation in the TenantConfigs that are read after them. */
async function readWorld(cluster: Cluster, signal: AbortSignal): Promise<World> {
  const networks = await cluster.listNetworks(signal);
  const configs = await cluster.listTenantConfigs(signal);
  return { tenancy: readTenancy(configs), uses: networks.flatMap(usesOf) };
}
