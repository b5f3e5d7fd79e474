import { HostDevice, type VniReservation, VniReservation as Reservation } from "../../shared/schema/tenant_config.ts";
import { parseVniRange, type VniInterval, type VniType } from "../../shared/schema/vni_range.ts";
import type { StoredObject } from "../cluster.ts";
import * as z from "zod/mini";

/** What a TenantConfig says of a device. */
export interface Profile {
  /** Name of the TenantConfig. */
  readonly config: string;
  readonly device: string;
  /** Absent where networks get the device itself. */
  readonly vniType?: VniType | undefined;
  readonly vniRange: string;
  readonly intervals: readonly VniInterval[];
  /** Legacy bitmap of ids, base64: the bit of a taken id is set. */
  readonly alloc: string;
}

/** A NetworkID that all networks of tenants of one type get. */
export interface Mapping {
  readonly config: string;
  readonly networkId: string;
}

/** A reservation, and the TenantConfig whose status has it. */
export interface HeldVni extends VniReservation {
  readonly config: string;
}

/** All TenantConfigs together. */
export interface Tenancy {
  /** Whether there is any. */
  readonly exists: boolean;
  /** In the order in which they count: TenantConfigs by name, and their devices as written. */
  readonly profiles: readonly Profile[];
  /** By NetworkType in lower case: of several mappings the first by name of the TenantConfig. */
  readonly mappings: ReadonlyMap<string, Mapping>;
  readonly reservations: readonly HeldVni[];
}

const Devices = z.array(z.unknown());
const Ids = z.record(z.string(), z.unknown());

/**
 * Reads all TenantConfigs. What is malformed in a stored one offers nothing, and nothing else is lost by it; whatever
 * can be read as a reservation counts.
 *
 * @param configs ordered by name
 */
export function readTenancy(configs: readonly StoredObject[]): Tenancy {
  const mappings = new Map<string, Mapping>();
  for (const [type, mapping] of configs.flatMap(mappingsOf)) {
    if (!mappings.has(type)) mappings.set(type, mapping);
  }
  return {
    exists: configs.length > 0,
    profiles: configs.flatMap(profilesOf),
    mappings,
    reservations: configs.flatMap((config) =>
      reservationsOf(config).map((one) => ({ ...one, config: config.metadata.name }))
    ),
  };
}

/** The reservations in the status of a TenantConfig. */
export function reservationsOf(config: StoredObject): VniReservation[] {
  const { status } = config as { status?: { reservations?: unknown } | null };
  return list(status?.reservations).flatMap((one) => {
    const read = Reservation.safeParse(one);
    return read.success ? [read.data] : [];
  });
}

/** Whether a name is that of a device plugin's resource, not of a link of the hosts. */
export function isPool(device: string): boolean {
  return device.includes("/");
}

function profilesOf({ metadata, hostDevices }: StoredObject): Profile[] {
  return list(hostDevices).flatMap((one): Profile[] => {
    const read = HostDevice.safeParse(one);
    if (!read.success) return [];
    const { name: device, vniType, vniRange = "", alloc = "" } = read.data;
    const base = { config: metadata.name, device, vniRange, alloc };
    // A range whose type nobody knows must not turn into the device itself.
    if (!vniType) return vniRange === "" ? [{ ...base, intervals: [] }] : [];
    return [{ ...base, vniType, intervals: parseVniRange(vniRange, vniType).intervals }];
  });
}

function mappingsOf({ metadata, networkIds }: StoredObject): [string, Mapping][] {
  const read = Ids.safeParse(networkIds);
  return Object.entries(read.success ? read.data : {}).flatMap(([type, networkId]) =>
    type !== "" && typeof networkId === "string" && networkId !== ""
      ? [[type.toLowerCase(), { config: metadata.name, networkId }]]
      : []
  );
}

function list(value: unknown): unknown[] {
  const read = Devices.safeParse(value);
  return read.success ? read.data : [];
}
