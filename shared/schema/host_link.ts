import type { Network } from "./network.ts";

/** The VLAN or VxLAN link that hosts have for a network. */
export interface HostLink {
  readonly kind: "vlan" | "vxlan";
  /** What the link is on. */
  readonly device: string;
  readonly vni: number;
  /** Names that the link may have; which one it is, its device and VNI tell. */
  readonly names: readonly [string, ...string[]];
}

/**
 * The host link that a network's options name; undefined when there is no device, no VNI or no NetworkID.
 *
 * @param options.mapped whether the NetworkID of a TenantNetwork comes from a TenantConfig, where that is known. Tenants
 * with a mapped one would share `vx_<NetworkID>`: their links are named after the VNI
 */
export function findHostLink(network: Network, options: { mapped?: boolean } = {}): HostLink | undefined {
  const { NetworkID: id, Options: { host_device: device, vlan, vxlan } } = network.spec;
  if (!device || !id) return undefined;
  if (vlan !== undefined) return { kind: "vlan", device, vni: vlan, names: [`${id}.${vlan}`] };
  if (vxlan === undefined) return undefined;
  const link = { kind: "vxlan", device, vni: vxlan } as const;
  if (network.kind !== "TenantNetwork" || options.mapped === false) return { ...link, names: [`vx_${id}`] };
  return { ...link, names: options.mapped ? [`vx_${vxlan}`] : [`vx_${vxlan}`, `vx_${id}`] };
}
