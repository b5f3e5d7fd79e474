import { fieldPath } from "../../shared/schema/describe_issues.ts";
import type { Denial } from "../verdict.ts";
import type { NetworkUse } from "./network_use.ts";
import { isOffered } from "./plan_vni.ts";
import type { Tenancy } from "./tenancy.ts";
import type { VniType } from "../../shared/schema/vni_range.ts";

/** How many users a message names. */
const NAMED = 3;

interface Change {
  /** All TenantConfigs as they are stored. */
  readonly before: Tenancy;
  /** All of them as they are to be. */
  readonly after: Tenancy;
  /** Of all networks. */
  readonly uses: readonly NetworkUse[];
}

/** What a change of the TenantConfigs would take away from networks of tenants, with the names of those who have it. */
export function validateInUse({ before, after, uses }: Change): Denial[] {
  const tenants = uses.filter(({ kind }) => kind === "TenantNetwork");
  const change = { before, after, uses: tenants };
  return [...lostDevices(change), ...lostVnis(change), ...lostMappings(change)];
}

/** Reservations that would be gone with a TenantConfig. */
export function validateDeletion(config: string, { reservations }: Tenancy, uses: readonly NetworkUse[]): Denial[] {
  const own = reservations.filter((one) => one.config === config);
  if (own.length === 0) return [];
  const stored = new Set(uses.filter(({ kind }) => kind === "TenantNetwork").map(({ network }) => network));
  const names = own.map(({ network }) => stored.has(network) ? network : `${network} (gone, or not created yet)`);
  return [{
    field: "status.reservations",
    reason: `VNIs are reserved for ${listed(names)}; the cleaner frees what no network has any more`,
  }];
}

function lostDevices({ before, after, uses }: Change): Denial[] {
  const lost = [...new Set(before.profiles.map(({ device }) => device))]
    .filter((device) => !after.profiles.some((one) => one.device === device));
  return lost.flatMap((device) => {
    const users = uses.filter((use) => use.device === device).map(({ network }) => network);
    return users.length === 0 ? [] : [{ field: "hostDevices", reason: `${device} is used by ${listed(users)}` }];
  });
}

interface Held {
  readonly device: string;
  readonly vniType: VniType;
  readonly vni: number;
  readonly network: string;
}

function lostVnis({ before, after, uses }: Change): Denial[] {
  const used = uses.flatMap(({ device, vniType, vni, network }) =>
    device && vniType ? [{ device, vniType, vni, network }] : []
  );
  const held: Held[] = [...before.reservations, ...used];
  const lost = held.filter((one) => isOffered(one, before) && !isOffered(one, after));
  const byDevice = new Map<string, Held[]>();
  for (const one of lost) byDevice.set(one.device, [...byDevice.get(one.device) ?? [], one]);
  return [...byDevice].map(([device, vnis]) => ({
    field: "hostDevices",
    reason: `${device} must keep ${listed(vnis.map(describe))}`,
  }));
}

function describe({ vniType, vni, network }: Held): string {
  return `${vniType} ${vni} of ${network}`;
}

function lostMappings({ before, after, uses }: Change): Denial[] {
  return [...before.mappings].flatMap(([type, { networkId }]) => {
    const now = after.mappings.get(type)?.networkId;
    if (now === networkId) return [];
    const users = uses.filter((use) => use.networkType === type && use.networkId === networkId)
      .map(({ network }) => network);
    if (users.length === 0) return [];
    const change = now === undefined ? "must not be removed" : `must not become ${now}`;
    return [{
      field: fieldPath(["networkIds", type]),
      reason: `${networkId} ${change}: it is used by ${listed(users)}`,
    }];
  });
}

/** The first few, and how many more there are. */
function listed(names: readonly string[]): string {
  const all = [...new Set(names)].sort();
  const more = all.length > NAMED ? ` and ${all.length - NAMED} more` : "";
  return `${all.slice(0, NAMED).join(", ")}${more}`;
}
