import type { PlannedAttachment } from "./planned_attachment.ts";

/**
 * Configuration of the plugin `sriov` for an interface: without `ipam`, because we set the addresses. The VLAN is always
 * said, 0 = none: a virtual function that was returned without DEL still has that of its last Pod.
 *
 * @param options.mac the hardware address that it is to get; undefined = it keeps its own
 * @throws {TypeError} when the attachment has no device
 * @see https://github.com/k8snetworkplumbingwg/sriov-cni/blob/master/docs/configuration-reference.md
 */
export function renderSriov(
  attachment: PlannedAttachment,
  options: { cniVersion: string; networkName: string; mac: string | undefined },
): Record<string, unknown> {
  const { deviceID, network, interface: name } = attachment;
  if (deviceID === undefined) throw new TypeError(`${name} has no device`);
  const { cniVersion, networkName, mac } = options;
  return {
    cniVersion,
    name: networkName,
    type: "sriov",
    deviceID,
    vlan: network.spec.Options.vlan ?? 0,
    ...(mac !== undefined && { mac }),
  };
}
