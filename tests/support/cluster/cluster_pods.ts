import { waitFor } from "../wait.ts";
import type { Cluster } from "./running_cluster.ts";

/** A Pod that runs and is ready. */
export interface ReadyPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  /** `status.podIPs`. */
  readonly addresses: readonly string[];
  /** How often its containers were started again, all together. */
  readonly restarts: number;
}

/** Which Pods are meant. */
export interface PodSelection {
  /** Default "default". */
  readonly namespace?: string;
  /** As in `app=web`. Default: all of the namespace. */
  readonly selector?: string;
}

/** How long is waited. */
export interface PodWait {
  /** Default 120,000. */
  readonly timeoutMs?: number;
}

interface PodObject {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly state: { readonly waiting?: { readonly message?: string } };
    }[];
  };
}

/** Pods of a cluster as its users see them: in the API, and by commands in their containers. */
export class ClusterPods {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /**
   * Waits until so many of the Pods are ready, and no others are there.
   *
   * @throws {Error} when it takes too long, with what the Pods say and their newest warnings
   */
  async ready(count: number, { timeoutMs = 120_000, ...which }: PodSelection & PodWait = {}): Promise<ReadyPod[]> {
    let seen: readonly PodObject[] = [];
    try {
      return await waitFor(`${count} Pods to be ready`, async () => {
        seen = await this.#list(which);
        return seen.length === count && seen.every(isReady) ? seen.map(toReadyPod) : undefined;
      }, { timeoutMs, intervalMs: 100 });
    } catch (cause) {
      const said = [...seen.map(describe), ...await this.#warnings(which)];
      throw new Error(`${seen.filter(isReady).length} of ${count} Pods are ready:\n${said.join("\n")}`, { cause });
    }
  }

  /** Waits until there are no such Pods, also none that are being deleted. */
  async gone({ timeoutMs = 120_000, ...which }: PodSelection & PodWait = {}): Promise<void> {
    await waitFor("Pods to be gone", async () => {
      const left = await this.#list(which);
      if (left.length > 0) throw new Error(`still there: ${left.map(({ metadata }) => metadata.name).join(", ")}`);
      return true;
    }, { timeoutMs, intervalMs: 100 });
  }

  /**
   * Runs a command in a Pod's first container and gives what it printed.
   *
   * @throws {CommandFailed} when it fails
   */
  async exec({ namespace, name }: Pick<ReadyPod, "namespace" | "name">, ...argv: readonly string[]): Promise<string> {
    return await this.#cluster.kubectl(["exec", "--namespace", namespace, name, "--", ...argv]);
  }

  async #list({ namespace = "default", selector }: PodSelection): Promise<PodObject[]> {
    const options = selector === undefined ? {} : { labelSelector: selector };
    return await this.#cluster.client.list<PodObject>(`/api/v1/namespaces/${namespace}/pods`, options);
  }

  async #warnings({ namespace = "default" }: PodSelection): Promise<string[]> {
    const argv = ["get", "events", "--namespace", namespace, "--field-selector=type=Warning", "--no-headers"];
    return (await this.#cluster.kubectl([...argv, "--sort-by=.lastTimestamp"])).trim().split("\n").slice(-10);
  }
}

function isReady({ metadata, status }: PodObject): boolean {
  return metadata.deletionTimestamp === undefined &&
    (status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false);
}

function toReadyPod({ metadata: { namespace, name, uid }, spec, status }: PodObject): ReadyPod {
  return {
    namespace,
    name,
    uid,
    node: spec.nodeName ?? "",
    addresses: status.podIPs?.map(({ ip }) => ip) ?? [],
    restarts: status.containerStatuses?.reduce((sum, { restartCount }) => sum + restartCount, 0) ?? 0,
  };
}

function describe({ metadata, spec, status }: PodObject): string {
  const waiting = status.containerStatuses?.map(({ state }) => state.waiting?.message ?? "").join(" ") ?? "";
  return `${metadata.name} on ${spec.nodeName ?? "no node"}: ${status.phase} ${waiting}`;
}
