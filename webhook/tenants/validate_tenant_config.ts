import { fieldIssues } from "../../shared/schema/describe_issues.ts";
import { sameValue } from "../../shared/schema/same_value.ts";
import { tenantConfigIssues } from "../../shared/schema/tenant_config_issues.ts";
import { TenantConfig } from "../../shared/schema/tenant_config.ts";
import { valueAt } from "../../shared/schema/value_at.ts";
import { findOverlap, renderInterval } from "../../shared/schema/vni_range.ts";
import type { StoredObject } from "../cluster.ts";
import type { Denial } from "../verdict.ts";
import { type Profile, readTenancy } from "./tenancy.ts";

const INDEX = /^hostDevices\[(\d+)\]/;

/**
 * What is wrong with a TenantConfig that is to be stored. Of a stored one only devices that are new or changed are
 * judged, and mappings if one of them is.
 *
 * @param before what is stored; undefined when it is new
 * @param others all other TenantConfigs
 */
export function validateTenantConfig(
  config: StoredObject,
  before: StoredObject | undefined,
  others: readonly StoredObject[],
): Denial[] {
  const known = before ? new Set(issuesOf(before).map((issue) => describe(issue, before))) : new Set();
  const own = issuesOf(config).filter((issue) => !known.has(describe(issue, config)));
  return [...own, ...overlapsWithOthers(config, before, others)];
}

function issuesOf(config: StoredObject): Denial[] {
  // The status is not judged: only the webhook and the cleaner may write it, and its schema holds them.
  const { status: _, ...judged } = config;
  const parsed = TenantConfig.safeParse(judged);
  return parsed.success ? tenantConfigIssues(parsed.data) : fieldIssues(parsed.error);
}

/** An issue with what it is about in place of its position: a list from which something was removed is no other list. */
function describe({ field, reason }: Denial, config: StoredObject): string {
  const index = INDEX.exec(field)?.[1];
  const device = index === undefined ? undefined : valueAt(config.hostDevices, index);
  return [field.replace(INDEX, ""), reason, JSON.stringify(device ?? null)].join("\n");
}

/** Devices whose VNIs another TenantConfig gives out, too: each would take the other's for its own. */
function overlapsWithOthers(
  config: StoredObject,
  before: StoredObject | undefined,
  others: readonly StoredObject[],
): Denial[] {
  const stored = before ? readTenancy([before]).profiles : [];
  const theirs = readTenancy(others).profiles;
  const devices = Array.isArray(config.hostDevices) ? config.hostDevices : [];
  return devices.flatMap((device, index) => {
    const [profile] = readTenancy([{ ...config, hostDevices: [device] }]).profiles;
    if (!profile?.vniType || stored.some((one) => isSame(one, profile))) return [];
    return theirs.flatMap((other) => {
      const overlap = other.device === profile.device && other.vniType === profile.vniType &&
        findOverlap(profile.intervals, other.intervals);
      if (!overlap) return [];
      const reason = `${renderInterval(overlap)} of ${profile.device} is in TenantConfig ${other.config}, too`;
      return [{ field: `hostDevices[${index}].vniRange`, reason }];
    });
  });
}

function isSame(one: Profile, other: Profile): boolean {
  return one.device === other.device && one.vniType === other.vniType && sameValue(one.intervals, other.intervals);
}
