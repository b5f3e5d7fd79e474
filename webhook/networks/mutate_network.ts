import { NetworkOptions } from "../../shared/schema/network.ts";
import { sameValue } from "../../shared/schema/same_value.ts";
import type { AdmissionRequest } from "../admission_request.ts";
import { ACCEPTED, type Verdict } from "../verdict.ts";
import { planPools, type Pools } from "./plan_pools.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Completes a network: its type, in lower case, and its pools. Nothing is checked yet when this is asked, so whatever
 * has not the form that it must have is passed on as it is. What is stored already is completed when somebody changes
 * its spec, and only then.
 */
export function mutateNetwork({ operation, object, oldObject }: AdmissionRequest): Promise<Verdict> {
  if (operation !== "CREATE" && operation !== "UPDATE") return Promise.resolve(ACCEPTED);
  const { spec } = (object ?? {}) as { spec?: unknown };
  const { spec: before } = (oldObject ?? {}) as { spec?: unknown };
  if (!isObject(object) || !isObject(spec) || sameValue(spec, before)) return Promise.resolve(ACCEPTED);
  const completed = { ...spec, ...typeOf(spec), ...optionsOf(spec, before) };
  if (sameValue(completed, spec)) return Promise.resolve(ACCEPTED);
  return Promise.resolve({ ...ACCEPTED, object: { ...object, spec: completed } });
}

function typeOf({ NetworkType: type }: Fields): { NetworkType?: string } {
  if (type === undefined || type === null || type === "") return { NetworkType: "ipvlan" };
  return typeof type === "string" ? { NetworkType: type.toLowerCase() } : {};
}

function optionsOf(spec: Fields, before: unknown): { Options?: Fields } {
  const options = spec["Options"];
  const parsed = NetworkOptions.safeParse(options);
  if (!parsed.success || !isObject(options)) return {};
  const stored = NetworkOptions.safeParse(isObject(before) ? before["Options"] : undefined);
  const pools = planPools(parsed.data, stored.success ? stored.data : undefined);
  return { Options: withPools(options, pools) };
}

function withPools(options: Fields, pools: Pools): Fields {
  const changed: Record<string, unknown> = { ...options };
  for (const [field, pool] of Object.entries(pools)) {
    if (pool === undefined) delete changed[field];
    else changed[field] = pool;
  }
  return changed;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
