import { SchemaError } from "../shared/schema/describe_issues.ts";
import { findHostLink, type HostLink } from "../shared/schema/host_link.ts";
import type { Network } from "../shared/schema/network.ts";

/** A link of the host that Pod interfaces are put on: a device itself, or a VLAN or VxLAN link on it. */
export type HostParent =
  | { readonly kind: "device"; readonly device: string }
  | HostLink;

/**
 * The parent that a network's options name; undefined when they name none.
 *
 * @throws {SchemaError} naming the field, when it is required or when the options contradict each other
 */
export function hostParent(
  network: Network,
  options: { subject: string; required: boolean },
): HostParent | undefined {
  const { NetworkID: id = "", Options: { host_device: device, vlan, vxlan } } = network.spec;
  const wrong = (field: string, reason: string): SchemaError => new SchemaError(options.subject, [{ field, reason }]);
  if (vlan !== undefined && vxlan !== undefined) throw wrong("spec.Options.vlan", "vlan and vxlan exclude each other");
  if (!device) {
    const needs = vlan !== undefined ? "vlan" : vxlan !== undefined ? "vxlan" : undefined;
    // Without its link the network would be the untagged one of some device.
    if (needs) throw wrong("spec.Options.host_device", `is needed by ${needs}`);
    if (options.required) {
      throw wrong("spec.Options.host_device", `is needed by NetworkType ${network.spec.NetworkType}`);
    }
    return undefined;
  }
  if (vlan === undefined && vxlan === undefined) return { kind: "device", device };
  if (id === "") throw wrong("spec.NetworkID", "is needed: the host link is named after it");
  return findHostLink(network);
}
