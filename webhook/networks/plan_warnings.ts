import { backendOf } from "../../shared/schema/network_backend.ts";
import type { Network } from "../../shared/schema/network.ts";
import { isChanged } from "../../shared/schema/validate_network.ts";

/**
 * What a network's author should know although the network is accepted: fields that mean nothing any more, and what no
 * Pod can be attached with.
 *
 * @param before the network as it is stored: then only what changed is spoken of
 */
export function planWarnings(network: Network, before?: Network): string[] {
  return WARNINGS
    .filter(({ fields }) => !before || fields.some((field) => isChanged(field, network, before)))
    .flatMap(({ find }) => find(network) ?? []);
}

const LINK_FIELDS = ["NetworkType", "Options.host_device", "Options.device_pool", "Options.vlan", "Options.vxlan"];

const WARNINGS: readonly { fields: readonly string[]; find: (network: Network) => string | undefined }[] = [
  ...["allocation_pool", "allocation_pool_v6"].map((pool) => ({
    fields: [`Options.${pool}.lastIp`],
    find: ({ spec: { Options } }: Network): string | undefined =>
      Options[pool as "allocation_pool" | "allocation_pool_v6"]?.lastIp &&
      `spec.Options.${pool}.lastIp is of earlier releases and has no effect`,
  })),
  { fields: LINK_FIELDS, find: findMissingDevice },
  { fields: LINK_FIELDS, find: findUselessOption },
];

/** As the CNI plugin has it, which refuses such Pods. */
function findMissingDevice({ spec: { NetworkType, Options: options } }: Network): string | undefined {
  const backend = backendOf(NetworkType);
  const vni = options.vlan !== undefined ? "vlan" : options.vxlan !== undefined ? "vxlan" : undefined;
  if (options.host_device || options.device_pool || backend === "sriov") return undefined;
  if (backend === "ipvlan" || (vni && backend === "macvlan")) {
    return `spec.Options.host_device is not set: no Pod can attach, ${vni ?? "ipvlan"} needs it`;
  }
  return vni && `spec.Options.${vni} has no effect without host_device`;
}

function findUselessOption({ spec: { NetworkType, Options: options } }: Network): string | undefined {
  const backend = backendOf(NetworkType);
  if (backend === "sriov") {
    return options.vxlan === undefined
      ? undefined
      : "spec.Options.vxlan is set: no Pod can attach, virtual functions have VLANs only";
  }
  if (!options.device_pool || backend === "static") return undefined;
  return `spec.Options.device_pool is set: no Pod can attach, ${backend} needs host_device`;
}
