import { SchemaError } from "../shared/schema/describe_issues.ts";
import type { Network } from "../shared/schema/network.ts";

/** A link of the host that Pod interfaces are put on: a device itself, or a VLAN or VxLAN link on it. */
export type HostParent =
  | { readonly kind: "device"; readonly device: string }
  | {
    readonly kind: "vlan" | "vxlan";
    /** What the link is on. */
    readonly device: string;
    readonly vni: number;
    /** Names that the link may have; which one it is, its device and VNI tell. */
    readonly names: readonly string[];
  };

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
  if (vlan !== undefined) return { kind: "vlan", device, vni: vlan, names: [`${id}.${vlan}`] };
  const vni = vxlan ?? 0;
  // Tenants whose NetworkID comes from a mapping would share `vx_<NetworkID>`: their links are named after the VNI.
  const names = network.kind === "TenantNetwork" ? [`vx_${vni}`, `vx_${id}`] : [`vx_${id}`];
  return { kind: "vxlan", device, vni, names };
}
