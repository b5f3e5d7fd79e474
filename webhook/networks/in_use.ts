import type { Network } from "../../shared/schema/network.ts";
import type { NetworkRef } from "../cluster.ts";
import type { JudgeContext } from "../judge.ts";
import type { Denial } from "../verdict.ts";
import {
  attachedPods,
  describePods,
  guardedChanges,
  refuseChange,
  refuseShrinking,
  shrunkSubnets,
} from "./plan_in_use.ts";

/** Endpoints that are read to know whether there are any. */
const LIMIT = 100;

/** Endpoints that are read for a warning. */
const WARNING_LIMIT = 1000;

/** Why a network may not be deleted, as long as Pods are attached to it. */
export async function judgeDeletion(ref: NetworkRef, { cluster, signal }: JudgeContext): Promise<Denial[]> {
  const endpoints = await cluster.listEndpoints(ref, { limit: LIMIT, signal });
  if (endpoints.length === 0) return [];
  const pods = describePods(attachedPods(endpoints, LIMIT));
  return [{ field: "", reason: `must not be deleted while Pods are attached: ${pods}` }];
}

/**
 * Why a network may not be changed under the Pods that are attached to it. Endpoints are read only where something
 * changed that concerns them, and all of them only where a subnet lost addresses.
 */
export async function judgeChange(
  ref: NetworkRef,
  change: { network: Network; before: Network },
  { cluster, signal }: JudgeContext,
): Promise<Denial[]> {
  const fields = guardedChanges(change.network, change.before);
  const subnets = shrunkSubnets(change.network, change.before);
  if (fields.length === 0 && subnets.length === 0) return [];
  const limit = subnets.length === 0 ? LIMIT : undefined;
  const endpoints = await cluster.listEndpoints(ref, { ...(limit && { limit }), signal });
  if (endpoints.length === 0) return [];
  const pods = attachedPods(endpoints, limit);
  return [
    ...fields.map((field) => refuseChange(field, { ...change, pods })),
    ...subnets.flatMap((subnet) => refuseShrinking(subnet, endpoints) ?? []),
  ];
}

/**
 * A warning that Pods of namespaces are attached which AllowedTenants does not name any more. They stay: whoever takes
 * the permission back wants no new ones, as everywhere in Kubernetes, and could not do so at all if that was refused.
 */
export async function warnOfTenants(
  ref: NetworkRef,
  { network, before }: { network: Network; before: Network },
  { cluster, signal }: JudgeContext,
): Promise<string[]> {
  const allowed = network.spec.AllowedTenants ?? [];
  const were = before.spec.AllowedTenants ?? [];
  const isSame = were.length > 0 && were.every((tenant) => allowed.includes(tenant));
  if (ref.kind !== "ClusterNetwork" || allowed.length === 0 || isSame) return [];
  const endpoints = await cluster.listEndpoints(ref, { limit: WARNING_LIMIT, signal });
  const left = endpoints.filter(({ metadata }) => !allowed.includes(metadata.namespace ?? ""));
  if (left.length === 0) return [];
  const namespaces = new Set(left.map(({ metadata }) => metadata.namespace));
  return [
    `spec.AllowedTenants: Pods of ${namespaces.size} other namespaces stay attached: ${[...namespaces].join(", ")}`,
  ];
}
