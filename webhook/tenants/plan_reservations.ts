import type { Network } from "../../shared/schema/network.ts";
import type { VniReservation } from "../../shared/schema/tenant_config.ts";
import type { StoredNetwork, StoredObject } from "../cluster.ts";
import { usesOf } from "./network_use.ts";
import { nameOf, type Plan, planAssignment } from "./plan_assignment.ts";
import type { World } from "./plan_vni.ts";
import { readTenancy, reservationsOf, type Tenancy } from "./tenancy.ts";

/** Most reservations in the status of one TenantConfig, as its schema has it. */
export const MAX_RESERVATIONS = 16384;
/** Longest TenantConfig as JSON. etcd takes requests of 1.5 MiB, and there is something around the object. */
const MAX_LENGTH = 1_450_000;
/** Fewer reservations than this fit whatever they are. */
const SURELY_FIT = 1_500;

/**
 * Most VNIs that are reserved for one namespace and that no network of it has. What is refused after its reservation, as
 * by a quota, leaves one: who is refused again and again must not use up what others could have.
 */
const MAX_UNSTORED = 256;

/** A TenantNetwork that is being created. */
export interface Claim {
  readonly network: Network;
  /** From 0 up to 1, decides between devices. */
  readonly random: number;
  /** Whether nothing is going to be reserved. */
  readonly dryRun: boolean;
}

/** What claims get, and what has to be written before they may be told. */
export interface PlannedReservations {
  /** One for each claim, in their order. */
  readonly grants: readonly Grant[];
  /** TenantConfigs with their new status. */
  readonly writes: readonly StoredObject[];
}

/** What a claim gets. */
export interface Grant {
  readonly plan: Plan;
  /** Name of the TenantConfig that has to be written before; absent where nothing has to. */
  readonly home?: string | undefined;
}

/** What is stored. */
export interface Stored {
  /** Ordered by name. */
  readonly configs: readonly StoredObject[];
  readonly networks: readonly StoredNetwork[];
}

/**
 * Decides what claims get when they are served one after the other. A new reservation goes into the status of the first
 * TenantConfig by name that lists the device.
 */
export function planReservations(claims: readonly Claim[], { configs, networks }: Stored): PlannedReservations {
  const uses = networks.flatMap(usesOf);
  const current = new Map(configs.map((config) => [config.metadata.name, config]));
  const written = new Map<string, string>();
  let tenancy = readTenancy(configs);
  const grants = claims.map(({ network, random, dryRun }): Grant => {
    const plan = planAssignment(network, { tenancy, uses }, { random, dryRun });
    const entry = entryOf(plan, network);
    if (!entry) return { plan };
    // What an earlier claim of the same name has reserved is there only once that is written, too.
    if (entry.isReserved) return { plan, home: written.get(describe(entry.reservation)) };
    const home = homeOf(entry.reservation.device, { tenancy, current });
    if (!home) throw new Error(`no TenantConfig lists ${entry.reservation.device}, which was assigned from one`);
    const full = isFull(home) ?? isWasteful(network, { tenancy, uses });
    if (full) return { plan: full };
    const { name } = home.metadata;
    current.set(name, withReservation(home, entry.reservation));
    written.set(describe(entry.reservation), name);
    tenancy = { ...tenancy, reservations: [...tenancy.reservations, { ...entry.reservation, config: name }] };
    return { plan, home: name };
  });
  const homes = new Set(written.values());
  return { grants, writes: [...current.values()].filter(({ metadata }) => homes.has(metadata.name)) };
}

/** The reservation that a plan needs, and whether it was there; undefined where none is needed. */
function entryOf(plan: Plan, network: Network): { reservation: VniReservation; isReserved: boolean } | undefined {
  if (!("assignment" in plan)) return undefined;
  const { device, vni } = plan.assignment;
  if (!device || !vni) return undefined;
  const reservation = { device: device.name, vniType: vni.vniType, vni: vni.vni, network: nameOf(network) };
  return { reservation, isReserved: vni.isReserved };
}

function describe({ device, vniType, vni, network }: VniReservation): string {
  return `${device} ${vniType} ${vni} ${network}`;
}

function homeOf(
  device: string,
  { tenancy, current }: { tenancy: Tenancy; current: ReadonlyMap<string, StoredObject> },
): StoredObject | undefined {
  return current.get(tenancy.profiles.find((profile) => profile.device === device)?.config ?? "");
}

function isFull(config: StoredObject): Plan | undefined {
  const { length } = reservationsOf(config);
  if (length <= SURELY_FIT || (length < MAX_RESERVATIONS && JSON.stringify(config).length < MAX_LENGTH)) {
    return undefined;
  }
  const reason = `TenantConfig ${config.metadata.name} has ${length} reservations, as many as fit into it; ` +
    "a device that another TenantConfig lists first may have room";
  return { denials: [{ field: "spec.Options.host_device", reason }] };
}

function isWasteful(
  { metadata: { namespace } }: Network,
  { tenancy: { reservations }, uses }: World,
): Plan | undefined {
  const own = reservations.filter(({ network }) => network.startsWith(`${namespace}/`));
  if (own.length < MAX_UNSTORED) return undefined;
  const held = new Set(
    uses.flatMap(({ kind, network, device, vniType, vni }) =>
      kind === "TenantNetwork" && device && vniType ? [describe({ device, vniType, vni, network })] : []
    ),
  );
  const unstored = own.filter((one) => !held.has(describe(one))).length;
  if (unstored < MAX_UNSTORED) return undefined;
  const reason =
    `${unstored} ids are reserved for namespace ${namespace} that no TenantNetwork has: deleted, refused, or ` +
    "still being created; create it again when the cleaner has freed some";
  return { denials: [{ field: "", reason }] };
}

function withReservation(config: StoredObject, entry: VniReservation): StoredObject {
  const { status } = config as { status?: Record<string, unknown> | null };
  const reservations = Array.isArray(status?.["reservations"]) ? status["reservations"] : [];
  return { ...config, status: { ...status, reservations: [...reservations, entry] } };
}
