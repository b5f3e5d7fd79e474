import { nextClearBit } from "../../ipam/bitmap.ts";
import { countVnis, hasVni, type VniType } from "../../shared/schema/vni_range.ts";
import { linkNames, type NetworkUse } from "./network_use.ts";
import type { HeldVni, Profile, Tenancy } from "./tenancy.ts";

/** Everything that decides which VNIs are free. */
export interface World {
  readonly tenancy: Tenancy;
  /** Of all networks of all kinds. */
  readonly uses: readonly NetworkUse[];
}

/** Who wants a VNI, and where. */
export interface VniRequest {
  /** `namespace/name` of the TenantNetwork. */
  readonly network: string;
  readonly device: string;
  /** Whether a host link is made, which needs a name that no other has. */
  readonly hasLink: boolean;
  readonly networkId: string | undefined;
  /** Whether the NetworkID is one that tenants share; a VxLAN link is then named after its VNI. */
  readonly isMapped: boolean;
}

/** An id of a device. */
export interface Vni {
  readonly vniType: VniType;
  readonly vni: number;
}

/** What a network gets on a device. `plain`: the device itself. */
export type VniChoice =
  | { readonly kind: "plain" }
  | { readonly kind: "vni"; readonly id: Vni; readonly isReserved: boolean }
  | { readonly kind: "exhausted"; readonly reason: string };

/**
 * Chooses the VNI of a network: what is reserved for it already, else the lowest that is free. A VNI is free if no
 * TenantConfig has it reserved on the device, no network of any kind holds it there, no legacy bitmap has its bit, and
 * its host link would not be called like another one.
 *
 * A device that has VNIs in any TenantConfig is never given without one.
 */
export function planVni(request: VniRequest, world: World): VniChoice {
  const profiles = world.tenancy.profiles.filter(({ device, vniType }) => device === request.device && vniType);
  if (profiles.length === 0) return { kind: "plain" };
  const own = findOwn(request, world);
  if (own) return { kind: "vni", id: { vniType: own.vniType, vni: own.vni }, isReserved: true };
  for (const { vniType, intervals } of profiles) {
    const vni = vniType && lowestFree({ vniType, intervals }, request, world);
    if (vniType && vni !== undefined) return { kind: "vni", id: { vniType, vni }, isReserved: false };
  }
  return { kind: "exhausted", reason: describeExhausted(profiles, request, world) };
}

/** What a network has reserved on a device and can go on with. */
export function findOwn(request: VniRequest, world: World): HeldVni | undefined {
  const { network, device } = request;
  return world.tenancy.reservations.filter((one) => one.network === network && one.device === device)
    .sort((a, b) => a.vni - b.vni)
    .find(({ vniType, vni }) =>
      isOffered({ device, vniType, vni }, world.tenancy) &&
      !takenOn(device, vniType, { network, world }).has(vni) &&
      !names(request, { vniType, vni }).some((name) => foreignLinks({ ...request, vniType }, world.uses).has(name))
    );
}

/** Whether some TenantConfig gives this VNI of this device to tenants. */
export function isOffered({ device, vniType, vni }: Vni & { device: string }, { profiles }: Tenancy): boolean {
  return profiles.some((profile) =>
    profile.device === device && profile.vniType === vniType && hasVni(profile.intervals, vni)
  );
}

/** VNIs of a device that others than a network have reserved or hold. */
export function takenOn(
  device: string,
  vniType: VniType,
  { network, world: { tenancy, uses } }: { network: string; world: World },
): Set<number> {
  const here = (one: { device: string | undefined; vniType: VniType | undefined }): boolean =>
    one.device === device && one.vniType === vniType;
  return new Set([
    ...tenancy.reservations.filter((one) => here(one) && one.network !== network).map(({ vni }) => vni),
    ...uses.filter((one) => here(one) && !isOf(one, network)).map(({ vni }) => vni),
  ]);
}

function lowestFree(
  { vniType, intervals }: Pick<Profile, "intervals"> & { vniType: VniType },
  request: VniRequest,
  world: World,
): number | undefined {
  const { device, network } = request;
  const taken = takenOn(device, vniType, { network, world });
  const links = foreignLinks({ ...request, vniType }, world.uses);
  const inFlight = request.isMapped && request.hasLink ? elsewhereInFlight({ device, vniType }, world) : undefined;
  const bitmaps = world.tenancy.profiles.filter((one) => one.device === device && one.vniType === vniType)
    .map(({ alloc }) => alloc).filter((alloc) => alloc !== "");
  for (const { first, last } of intervals) {
    for (let vni = first; vni <= last; vni++) {
      const clear = Math.max(vni, ...bitmaps.map((bitmap) => nextClearBit(bitmap, vni)));
      const isFree = clear === vni && !taken.has(vni) && !inFlight?.has(vni) &&
        !names(request, { vniType, vni }).some((name) => links.has(name));
      if (isFree) return vni;
      // The loop adds one; a bitmap may be full of millions.
      vni = Math.max(vni, clear - 1);
    }
  }
  return undefined;
}

/** Names of host links that are another link than one of this type on this device would be. */
function foreignLinks(
  { device, vniType, network, hasLink }: VniRequest & { vniType: VniType },
  uses: readonly NetworkUse[],
): Set<string> {
  if (!hasLink) return new Set();
  return new Set(
    uses.filter((use) => !isOf(use, network) && (use.device !== device || use.vniType !== vniType)).flatMap(linkNames),
  );
}

/** The names of the host link, where they depend on the VNI: what collides with any VNI is no reason for another one. */
function names({ network, device, hasLink, networkId = "", isMapped }: VniRequest, id: Vni): readonly string[] {
  if (id.vniType === "vxlan" && !isMapped) return [];
  const use = { kind: "TenantNetwork", network, networkType: "", networkId, device, hasLink, ...id } as const;
  return linkNames(use).filter((name) => id.vniType === "vlan" || name === `vx_${id.vni}`);
}

/**
 * VNIs that are reserved on other devices for networks that are not stored yet: under a NetworkID that tenants share,
 * as theirs may be, the links would have one name.
 */
function elsewhereInFlight({ device, vniType }: { device: string; vniType: VniType }, world: World): Set<number> {
  const stored = new Set(world.uses.filter(({ kind }) => kind === "TenantNetwork").map(({ network }) => network));
  return new Set(
    world.tenancy.reservations
      .filter((one) => one.device !== device && one.vniType === vniType && !stored.has(one.network))
      .map(({ vni }) => vni),
  );
}

function isOf(use: NetworkUse, network: string): boolean {
  return use.kind === "TenantNetwork" && use.network === network;
}

function describeExhausted(profiles: readonly Profile[], request: VniRequest, world: World): string {
  const parts = profiles.map(({ vniType = "vlan", intervals, vniRange }) => {
    const reserved = world.tenancy.reservations.filter((one) =>
      one.device === request.device && one.vniType === vniType &&
      intervals.some(({ first, last }) =>
        first <= one.vni && one.vni <= last
      )
    ).length;
    return `${reserved} of the ${countVnis(intervals)} ${vniType} ids ${shortened(vniRange)} are reserved`;
  });
  return `${request.device} has no free VNI for tenants: ${
    parts.join(", ")
  }, the others are in use or cannot be used here`;
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
