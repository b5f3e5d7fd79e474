import type { NetworkKind } from "./network.ts";

/** What decides which address space a network's addresses are locked in. */
export interface SpaceOwner {
  readonly kind: NetworkKind;
  /** Empty for a ClusterNetwork. */
  readonly namespace?: string | undefined;
  readonly name: string;
  /** `Options.address_space`; networks with the same value share their locks. */
  readonly addressSpace?: string | undefined;
}

/**
 * Name of the address space of a network: `dn.<namespace>.<name>`, `tn.<namespace>.<name>`, `cn.<name>`, or
 * `as.<address_space>` where that is set.
 *
 * It never depends on a UID: a network that is deleted and made again finds the locks of living Pods in place.
 * Names need no hashing because the API bounds them; see docs/decisions/0002-names-of-networks-are-bounded.md.
 */
export function spaceOf(owner: SpaceOwner): string {
  if (owner.addressSpace) return `as.${owner.addressSpace}`;
  switch (owner.kind) {
    case "ClusterNetwork":
      return `cn.${owner.name}`;
    case "DanmNet":
      return `dn.${owner.namespace ?? ""}.${owner.name}`;
    case "TenantNetwork":
      return `tn.${owner.namespace ?? ""}.${owner.name}`;
  }
}
