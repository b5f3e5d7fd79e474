import type { NetworkKind } from "../shared/schema/network.ts";

/** An object as it is stored; nothing but its place is certain. */
export interface StoredObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** A stored network object with its kind, which lists leave out of their items. */
export interface StoredNetwork {
  readonly kind: NetworkKind;
  readonly object: StoredObject;
}

/** A network by its name. */
export interface NetworkRef {
  readonly kind: NetworkKind;
  /** Absent for ClusterNetworks. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

/**
 * What judges read of the cluster, and the one thing that they write. Every answer is of a request that was sent after
 * the call: what somebody created and was told so before it, is there.
 *
 * Every method throws `ApiError`, and whatever the signal was aborted with.
 */
export interface Cluster {
  /** All networks of all three kinds, without their legacy bitmaps. Calls at the same time share a list. */
  listNetworks(signal: AbortSignal): Promise<StoredNetwork[]>;
  /** All TenantConfigs, ordered by name. Calls at the same time share a list. */
  listTenantConfigs(signal: AbortSignal): Promise<StoredObject[]>;
  /** One network; undefined when there is none of that name, or the kind is not installed. */
  findNetwork(ref: NetworkRef, signal: AbortSignal): Promise<StoredObject | undefined>;
  /** The DanmEps of a network, at most `limit` of them where it is given: whose they are, and their addresses. */
  listEndpoints(ref: NetworkRef, options: { limit?: number; signal: AbortSignal }): Promise<StoredObject[]>;
  /**
   * Replaces the status of a TenantConfig, guarded by the resourceVersion of the object as it was read.
   *
   * @throws {Conflict} when it was changed meanwhile; `NotFound` when it is gone
   */
  replaceTenantConfigStatus(config: StoredObject, signal: AbortSignal): Promise<StoredObject>;
}
