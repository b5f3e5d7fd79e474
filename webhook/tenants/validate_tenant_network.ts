import type { Network } from "../../shared/schema/network.ts";
import { backendOf } from "../../shared/schema/network_backend.ts";
import { isChanged } from "../../shared/schema/validate_network.ts";
import { valueAt } from "../../shared/schema/value_at.ts";
import type { Denial } from "../verdict.ts";
import { ASSIGNED_OPTIONS } from "./plan_assigned.ts";
import { type Device, devicesOf, givenVnis, nameOf, notListed, notMapped } from "./plan_assignment.ts";
import { isOffered, takenOn, type Vni, type World } from "./plan_vni.ts";

/**
 * What is wrong with a TenantNetwork that is to be stored for the first time: whatever it has of the hosts must come
 * from the TenantConfigs, and its VNI must be reserved for it and for nobody else. So nobody takes a VNI who got round
 * the mutation, or changed what it had given.
 *
 * Others' networks are not named: a tenant is not to learn of them.
 *
 * @param options.dryRun whether nothing was reserved
 */
export function validateCreated(network: Network, world: World, { dryRun }: { dryRun: boolean }): Denial[] {
  if (!world.tenancy.exists) {
    return [{ field: "", reason: "needs a TenantConfig, and there is none in this cluster" }];
  }
  const devices = devicesIn(network);
  const vnis = givenVnis(network.spec.Options);
  return [
    ...validateId(network, world),
    ...validateDevice(network, devices, world),
    ...devices.flatMap((device) => validateVnis(vnis, device, { network, world, dryRun })),
    ...(devices.length === 0 ? vnis.map((vni) => wrong(vni, "is an id on no device")) : []),
  ];
}

/** What may not change of a stored TenantNetwork, where that can be said without TenantConfigs. */
export function validateAssigned(network: Network, before: Network): Denial[] {
  return ASSIGNED_OPTIONS.filter((option) => isChanged(`Options.${option}`, network, before)).map((option) => {
    const [was, is] = [before, network].map(({ spec }) => String(valueAt(spec.Options, option) ?? "none"));
    const reason = `must not change from ${was} to ${is}: it was assigned to the tenant`;
    return { field: `spec.Options.${option}`, reason };
  });
}

/** Whether a change has to do with the mappings of the TenantConfigs. */
export function concernsMappings(network: Network, before: Network): boolean {
  return isChanged("NetworkID", network, before) || isChanged("NetworkType", network, before);
}

/** What is wrong with the NetworkID and NetworkType that a stored TenantNetwork is to have. */
export function validateMappings(network: Network, before: Network, world: World): Denial[] {
  const mapped = world.tenancy.mappings.get(before.spec.NetworkType);
  if (isChanged("NetworkID", network, before) && mapped && mapped.networkId === before.spec.NetworkID) {
    const reason = `must not change from ${mapped.networkId}: TenantConfig ${mapped.config} has it for ` +
      `${before.spec.NetworkType}`;
    return [{ field: "spec.NetworkID", reason }];
  }
  const issues = validateId(network, world);
  if (!isChanged("NetworkType", network, before)) return issues;
  return [...issues, ...validateDevice(network, devicesIn(network), world)];
}

function validateId({ spec: { NetworkType: type, NetworkID: id } }: Network, world: World): Denial[] {
  const mapping = world.tenancy.mappings.get(type);
  if (!mapping && backendOf(type) === "static") return notMapped(type, world).denials;
  if (mapping && id !== mapping.networkId) {
    const reason = `${id ?? "none"} is not ${mapping.networkId}, which TenantConfig ${mapping.config} has for ${type}`;
    return [{ field: "spec.NetworkID", reason }];
  }
  if (id) return [];
  return [{ field: "spec.NetworkID", reason: `must be set: no TenantConfig has one for ${type}` }];
}

function validateDevice(
  { spec: { NetworkType: type } }: Network,
  devices: readonly Device[],
  world: World,
): Denial[] {
  const backend = backendOf(type);
  if (devices.length === 0 && (backend === "ipvlan" || backend === "macvlan")) {
    // Without one a macvlan would be on whatever the default route is on.
    const reason = `is needed by NetworkType ${type}, and none was assigned when the network was created`;
    return [{ field: "spec.Options.host_device", reason }];
  }
  return devices.filter(({ field, name }) =>
    !devicesOf(world, field === "device_pool" ? "pools" : "links").includes(name)
  ).map((device) => notListed(device, world));
}

function validateVnis(
  vnis: readonly Vni[],
  device: Device,
  { network, world, dryRun }: { network: Network; world: World; dryRun: boolean },
): Denial[] {
  const types = world.tenancy.profiles.filter((one) => one.device === device.name).flatMap((one) => one.vniType ?? []);
  if (vnis.length === 0 && types.length > 0) {
    const reason = `${device.name} is given to tenants with ids of its ${types[0]} range only, and none was assigned`;
    return [{ field: `spec.Options.${device.field}`, reason }];
  }
  return vnis.flatMap((id) => validateVni(id, device, { network, world, dryRun }));
}

function validateVni(
  id: Vni,
  { name: device }: Device,
  { network, world, dryRun }: { network: Network; world: World; dryRun: boolean },
): Denial[] {
  const me = nameOf(network);
  if (takenOn(device, id.vniType, { network: me, world }).has(id.vni)) {
    return [wrong(id, `on ${device} is another network's; create this one again to get another id`)];
  }
  const isReserved = world.tenancy.reservations.some((one) =>
    one.network === me && one.device === device && one.vniType === id.vniType && one.vni === id.vni
  );
  if (isReserved || (dryRun && isOffered({ device, ...id }, world.tenancy))) return [];
  return [wrong(id, `on ${device} is not reserved for ${me}: ids of tenants' networks come from the TenantConfigs`)];
}

function devicesIn({ spec: { Options } }: Network): Device[] {
  return (["host_device", "device_pool"] as const).flatMap((field) => {
    const name = Options[field];
    return name ? [{ field, name }] : [];
  });
}

function wrong({ vniType, vni }: Vni, reason: string): Denial {
  return { field: `spec.Options.${vniType}`, reason: `${vni} ${reason}` };
}
