/** What storms of Pods on a real cluster are like, and what is found out about them. */

/** How much is measured. */
export interface ClusterSize {
  /** Of one storm on the native node. */
  readonly pods: number;
  /** Of one storm on two user-mode Linux nodes; 0 = without these. */
  readonly umlPods: number;
  /** How long the components are left alone before what they use at rest is read, in milliseconds. */
  readonly restMs: number;
}

/** What figures are printed of. */
export const FULL_CLUSTER = { pods: 60, restMs: 30_000 } as const;

/** To see whether it works. */
export const SMALL_CLUSTER = { pods: 6, restMs: 5_000 } as const;

/** How the Pods of a storm are attached. */
export type Attaching = "plain" | "default" | "networks";

/** One storm: Pods created at once, and deleted at once when all are ready. */
export interface PodStorm {
  readonly attaching: Attaching;
  readonly pods: number;
  /** From the first request until all Pods are Ready. */
  readonly readyMs: number;
  /** From the first deletion until the API has none of them. */
  readonly goneMs: number;
  /** From the first deletion until neither API nor nodes have anything of them. */
  readonly cleanMs: number;
  /** All addresses of all interfaces. */
  readonly addresses: number;
  /** Addresses that another Pod of the storm had on the same network. */
  readonly duplicates: number;
  /** What stayed, one line each. */
  readonly leaked: readonly string[];
}

/** What one container of ours used. */
export interface ComponentUse {
  /** Name of the container. */
  readonly component: string;
  readonly node: string;
  readonly restBytes: number;
  /** The most that was resident during the storms. */
  readonly peakBytes: number;
  /** Processor time per time, in thousandths of a core. */
  readonly restMillicores: number;
  /** Undefined when it was started again meanwhile. */
  readonly loadMillicores: number | undefined;
  /** How it ended, if it was started again meanwhile. */
  readonly ending?: string;
}

/** What an image has to be transferred for. */
export interface ImageSize {
  readonly reference: string;
  /** Its compressed layers and its description. */
  readonly bytes: number;
}

/** All storms on one kind of node. */
export interface StormSeries {
  /** "one native node, macvlan" */
  readonly where: string;
  /** In the order in which they were. */
  readonly storms: readonly PodStorm[];
  readonly use: readonly ComponentUse[];
}

/** All that the part finds. */
export interface ClusterFigures {
  readonly series: readonly StormSeries[];
  readonly images: readonly ImageSize[];
  /** Of all images, what they share counted once. */
  readonly imagesBytes: number;
}
