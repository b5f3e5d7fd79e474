import type { PlannedAddress } from "../ipam/plan_addresses.ts";
import type { ObjectMeta } from "../shared/schema/meta.ts";
import type { NAD_KIND } from "../shared/schema/nad.ts";
import type { Network, NetworkOptions } from "../shared/schema/network.ts";
import type { NetworkBackend } from "../shared/schema/network_backend.ts";
import type { HostParent } from "./host_parent.ts";
import type { PlannedDelegate } from "./plan_delegate.ts";

/** A route of an interface; `table` undefined = the main table. */
export interface PlannedRoute {
  readonly family: 4 | 6;
  readonly destination: string;
  readonly gateway: string;
  readonly table?: number | undefined;
}

/** One interface that is to be made, checked against its network: nothing of it has happened yet. */
export interface PlannedAttachment {
  readonly interface: string;
  readonly network: Network | NadNetwork;
  /** The network as messages name it. */
  readonly subject: string;
  readonly backend: NetworkBackend;
  /** What the backend `static` executes. */
  readonly delegate?: PlannedDelegate | undefined;
  /** What the plugins of a NetworkAttachmentDefinition get besides; the interface is theirs alone. */
  readonly nad?: PlannedNad | undefined;
  /** What the link is put on; undefined = the device of the default route (macvlan only). */
  readonly parent?: HostParent | undefined;
  /** The device of the Pod that the interface is, or is made of, as the kubelet calls it: of `sriov` its PCI id. */
  readonly deviceID?: string | undefined;
  /** The driver that keeps the device from the kernel, which has no link of it then; of `sriov` only. */
  readonly userspaceDriver?: string | undefined;
  readonly mtuBytes?: number | undefined;
  /** Those that we give. */
  readonly addresses: readonly PlannedAddress[];
  /** Of every family that the interface may have; those of one that it has not got are not set. */
  readonly routes: readonly PlannedRoute[];
  /** What is worth telling the Pod's owner, but no failure. */
  readonly warnings: readonly string[];
}

/** A NetworkAttachmentDefinition in the place of a network of ours. */
export interface NadNetwork {
  readonly kind: typeof NAD_KIND;
  readonly metadata: ObjectMeta & { readonly namespace: string };
  readonly spec: {
    /** The first plugin. */
    readonly NetworkType: string;
    /** At most `device_pool`. */
    readonly Options: NetworkOptions;
  };
}

/** What a NetworkAttachmentDefinition's plugins get beyond their configuration. */
export interface PlannedNad {
  /** More for CNI_ARGS, as in `MAC=02:00:00:00:00:01;IP=10.0.0.5`; empty = nothing. */
  readonly args: string;
  /** For plugins that declare the capability, by its name. */
  readonly capabilityArgs: Readonly<Record<string, unknown>>;
  /** See `NadSelection`. */
  readonly defaultRoute?: readonly string[] | undefined;
}
