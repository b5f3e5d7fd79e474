import { findHostLink } from "../../shared/schema/host_link.ts";
import type { NetworkKind } from "../../shared/schema/network.ts";
import type { VniType } from "../../shared/schema/vni_range.ts";
import type { StoredNetwork } from "../cluster.ts";

/** What a stored network takes of the hosts. */
export interface NetworkUse {
  readonly kind: NetworkKind;
  /** `namespace/name`; the name alone of a ClusterNetwork. */
  readonly network: string;
  /** In lower case. */
  readonly networkType: string;
  readonly networkId: string;
  /** Name of a link of the hosts, or of a pool. */
  readonly device: string | undefined;
  /** Whether host links are made on the device. */
  readonly hasLink: boolean;
  readonly vniType: VniType | undefined;
  /** 0 without a VNI. */
  readonly vni: number;
}

/**
 * Reads what a network takes, whatever else is wrong with it: a VNI that a malformed object holds is taken all the same.
 * Of an object that says both VLAN and VxLAN, both count.
 */
export function usesOf({ kind, object }: StoredNetwork): NetworkUse[] {
  const spec = record(object.spec);
  const options = record(spec.Options);
  const { namespace, name } = object.metadata;
  const base = {
    kind,
    network: kind === "ClusterNetwork" ? name : `${namespace}/${name}`,
    networkType: (text(spec.NetworkType) || "ipvlan").toLowerCase(),
    networkId: text(spec.NetworkID),
  };
  const devices = [
    ...(text(options.host_device) ? [{ device: text(options.host_device), hasLink: true }] : []),
    ...(text(options.device_pool) ? [{ device: text(options.device_pool), hasLink: false }] : []),
  ];
  const vnis = (["vlan", "vxlan"] as const).flatMap((vniType) => {
    const vni = options[vniType];
    return typeof vni === "number" && vni > 0 ? [{ vniType, vni }] : [];
  });
  const places = devices.length > 0 ? devices : [{ device: undefined, hasLink: false }];
  return places.flatMap((place) =>
    (vnis.length > 0 ? vnis : [{ vniType: undefined, vni: 0 }]).map((id) => ({ ...base, ...place, ...id }))
  );
}

/** Names that the host link of a network may have. */
export function linkNames(
  { kind, networkType, networkId, device, hasLink, vniType, vni }: NetworkUse,
): readonly string[] {
  if (!hasLink || !device || !vniType) return [];
  return findHostLink({
    kind,
    metadata: { name: "" },
    spec: { NetworkType: networkType, NetworkID: networkId, Options: { host_device: device, [vniType]: vni } },
  })?.names ?? [];
}

/** A value as an object; what is none is an empty one. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
