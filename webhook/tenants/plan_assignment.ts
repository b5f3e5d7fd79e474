import type { Network } from "../../shared/schema/network.ts";
import { backendOf } from "../../shared/schema/network_backend.ts";
import type { Denial } from "../verdict.ts";
import { isPool, type Mapping } from "./tenancy.ts";
import { planVni, type Vni, type VniChoice, type VniRequest, type World } from "./plan_vni.ts";

/** What a TenantNetwork gets from the TenantConfigs. */
export interface Assignment {
  /** Absent where none is mapped: the one of the network stays. */
  readonly networkId?: string | undefined;
  /** Absent for a static delegate that asked for no device. */
  readonly device?: Device | undefined;
  /** Absent where the network gets the device itself. */
  readonly vni?: AssignedVni | undefined;
  readonly warnings: readonly string[];
}

/** A device, in the option that names it. */
export interface Device {
  readonly field: "host_device" | "device_pool";
  readonly name: string;
}

/** A VNI, and whether it is reserved for the network already. */
export interface AssignedVni extends Vni {
  readonly isReserved: boolean;
}

/** An assignment, or why there is none. */
export type Plan = { readonly denials: readonly Denial[] } | { readonly assignment: Assignment };

/**
 * Decides what a TenantNetwork that is being created gets.
 *
 * @param network as it came, defaults filled in
 * @param options.random from 0 up to 1, decides between devices
 * @param options.dryRun whether nothing can have been reserved for the network
 */
export function planAssignment(
  network: Network,
  world: World,
  options: { random: number; dryRun: boolean },
): Plan {
  if (!world.tenancy.exists) return denied("", "needs a TenantConfig, and there is none in this cluster");
  const { NetworkType: type, NetworkID, Options } = network.spec;
  const mapping = world.tenancy.mappings.get(type);
  if (backendOf(type) === "static" && !mapping) return notMapped(type, world);
  if (!mapping && !NetworkID) return denied("spec.NetworkID", `must be set: no TenantConfig has one for ${type}`);
  const request: Applicant = { network: nameOf(network), networkId: mapping?.networkId ?? NetworkID, mapping };
  const device = findDevice(network, { world, request, random: options.random });
  if (Array.isArray(device)) return { denials: device };
  const choice: VniChoice = device ? planVni(vniRequest(request, device), world) : { kind: "plain" };
  const given = givenVnis(Options).filter((id) => !isBacked(id, choice, options.dryRun));
  if (given.length > 0) return { denials: given.map(mustNotBeGiven) };
  if (choice.kind === "exhausted") return denied(`spec.Options.${device?.field ?? "host_device"}`, choice.reason);
  const vni = choice.kind === "vni" ? { ...choice.id, isReserved: choice.isReserved } : undefined;
  const warnings = [...replacedId(NetworkID, mapping), ...leftReservations(request.network, { device, vni, world })];
  return { assignment: { networkId: mapping?.networkId, device, vni, warnings } };
}

/** Devices of the TenantConfigs: links of the hosts, or pools. */
export function devicesOf({ tenancy: { profiles } }: World, sort: "links" | "pools"): string[] {
  return [...new Set(profiles.map(({ device }) => device).filter((device) => isPool(device) === (sort === "pools")))];
}

/** `namespace/name` of a network. */
export function nameOf({ metadata: { namespace, name } }: Network): string {
  return `${namespace}/${name}`;
}

/** The VNIs that a network's options name. */
export function givenVnis({ vlan, vxlan }: Network["spec"]["Options"]): Vni[] {
  return [
    ...(vlan === undefined ? [] : [{ vniType: "vlan", vni: vlan } as const]),
    ...(vxlan === undefined ? [] : [{ vniType: "vxlan", vni: vxlan } as const]),
  ];
}

/** A static type that no TenantConfig maps, as a denial. */
export function notMapped(type: string, { tenancy: { mappings } }: World): { denials: Denial[] } {
  const there = [...mappings.keys()].join(", ") || "none";
  return denied("spec.NetworkType", `${type} is not among the networkIds of the TenantConfigs, which are: ${there}`);
}

/** A device that no TenantConfig lists, as a denial. */
export function notListed({ field, name }: Device, world: World): Denial {
  const there = devicesOf(world, field === "device_pool" ? "pools" : "links").join(", ") || "none";
  return {
    field: `spec.Options.${field}`,
    reason: `${name} is not among the hostDevices of the TenantConfigs, which are: ${there}`,
  };
}

interface Applicant {
  readonly network: string;
  readonly networkId: string | undefined;
  readonly mapping: Mapping | undefined;
}

function vniRequest({ mapping, network, networkId }: Applicant, device: Device): VniRequest {
  const isMapped = mapping !== undefined;
  return { network, networkId, isMapped, device: device.name, hasLink: device.field === "host_device" };
}

/** The device of a network: the one it names, or one of the links. Denials where there is none to be had. */
function findDevice(
  { spec: { NetworkType: type, Options } }: Network,
  { world, request, random }: { world: World; request: Applicant; random: number },
): Device | undefined | Denial[] {
  const named: Device[] = (["host_device", "device_pool"] as const).flatMap((field) => {
    const name = Options[field];
    return name ? [{ field, name }] : [];
  });
  const [first] = named;
  const missing = named.filter(({ field, name }) =>
    !devicesOf(world, field === "device_pool" ? "pools" : "links").includes(name)
  );
  if (missing.length > 0) return missing.map((device) => notListed(device, world));
  const backend = backendOf(type);
  if (backend === "sriov" && !Options.device_pool) {
    const there = devicesOf(world, "pools").join(", ") || "none";
    return [{ field: "spec.Options.device_pool", reason: `is needed by NetworkType sriov; tenants may use: ${there}` }];
  }
  if (first || backend === "static") return first;
  return anyLink(world, { request, random });
}

/** One of the links at random, but the one that the network has a reservation on if there is. */
function anyLink(world: World, { request, random }: { request: Applicant; random: number }): Device | Denial[] {
  const field = "host_device";
  const links = devicesOf(world, "links").map((name) => ({ field, name } as const))
    .map((device) => ({ device, choice: planVni(vniRequest(request, device), world) }));
  const own = links.find(({ choice }) => choice.kind === "vni" && choice.isReserved);
  if (own) return own.device;
  const isSegmented = links.some(({ choice }) => choice.kind !== "plain");
  // A device without VNIs separates nobody: it is not what remains when those with VNIs are used up.
  const usable = links.filter(({ choice }) => choice.kind === (isSegmented ? "vni" : "plain"));
  const chosen = usable[Math.floor(random * usable.length)];
  if (chosen) return chosen.device;
  const reasons = links.flatMap(({ choice }) => choice.kind === "exhausted" ? [choice.reason] : []);
  if (reasons.length > 0) return [{ field: `spec.Options.${field}`, reason: reasons.join("; ") }];
  const pools = devicesOf(world, "pools").join(", ") || "none";
  const reason = `the TenantConfigs have no link of the hosts; device_pool may be one of: ${pools}`;
  return [{ field: `spec.Options.${field}`, reason }];
}

/**
 * Whether a VNI that came with the network is the one that it gets: this webhook is asked again after others have
 * changed the object. Then it is reserved, unless nothing is.
 */
function isBacked(id: Vni, choice: VniChoice, dryRun: boolean): boolean {
  return choice.kind === "vni" && (choice.isReserved || dryRun) && choice.id.vniType === id.vniType &&
    choice.id.vni === id.vni;
}

function mustNotBeGiven({ vniType, vni }: Vni): Denial {
  return {
    field: `spec.Options.${vniType}`,
    reason: `${vni} must not be given: tenants' networks get their ids from the TenantConfigs`,
  };
}

function replacedId(given: string | undefined, mapping: Mapping | undefined): string[] {
  if (!given || !mapping || given === mapping.networkId) return [];
  return [clipped(`spec.NetworkID: ${given} is replaced by ${mapping.networkId}, which TenantConfigs say`)];
}

function leftReservations(
  network: string,
  { device, vni, world }: { device: Device | undefined; vni: AssignedVni | undefined; world: World },
): string[] {
  return world.tenancy.reservations
    .filter((one) =>
      one.network === network &&
      !(one.device === device?.name && one.vniType === vni?.vniType && one.vni === vni.vni)
    )
    .slice(0, 1)
    .map((one) =>
      clipped(`${one.vniType} ${one.vni} on ${one.device} stays reserved for this name until the cleaner frees it`)
    );
}

/** Longer warnings are cut by the API server without a sign of it. */
function clipped(warning: string): string {
  return warning.length > 120 ? `${warning.slice(0, 119)}…` : warning;
}

function denied(field: string, reason: string): { denials: Denial[] } {
  return { denials: [{ field, reason }] };
}
