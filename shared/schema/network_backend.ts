import type { Network } from "./network.ts";

/** What makes the interfaces of a network. `static`: a plugin that is configured by a file of the node. */
export type NetworkBackend = "ipvlan" | "macvlan" | "sriov" | "static";

/** @param networkType as `parseNetwork` has it: in lower case */
export function backendOf(networkType: string): NetworkBackend {
  return networkType === "ipvlan" || networkType === "macvlan" || networkType === "sriov" ? networkType : "static";
}

/** Whether a network is attached by a plugin that is configured by a file. */
export function isStatic({ spec: { NetworkType } }: Network): boolean {
  return backendOf(NetworkType) === "static";
}
