import type { PlannedAttachment } from "./planned_attachment.ts";

/** Largest MTU that a macvlan interface gets unless its network names another, in bytes. */
export const MACVLAN_MTU = 1500;

/**
 * Configuration of the reference `macvlan` plugin for an interface: without `ipam`, because we set the addresses, which
 * saves a process; without `master` it takes the device of the default route.
 *
 * @param options.hostLink the VLAN or VxLAN link, where the network has one
 * @see https://www.cni.dev/plugins/current/main/macvlan/
 */
export function renderMacvlan(
  attachment: PlannedAttachment,
  options: { cniVersion: string; networkName: string; mac: string; hostLink: string | undefined },
): Record<string, unknown> {
  const { cniVersion, networkName, mac, hostLink } = options;
  const master = hostLink ?? attachment.parent?.device;
  return {
    cniVersion,
    name: networkName,
    type: "macvlan",
    mode: "bridge",
    mac,
    ...(master !== undefined && { master }),
    ...(attachment.mtuBytes !== undefined && { mtu: attachment.mtuBytes }),
  };
}
