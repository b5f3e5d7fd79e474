import { apiError, type ApiFailure } from "../../../shared/kube/api_error.ts";
import type { Cluster, NetworkRef, StoredNetwork, StoredObject } from "../../../webhook/cluster.ts";

/** What a bad day does to a request. `refused`: nothing is done. `lost`: it is done, and nobody is told. */
export type ClusterFault = "refused" | "lost" | undefined;

/** What decides how a cluster behaves. */
export interface ClusterMood {
  /** Waits as long as a request or its answer is on its way. */
  readonly travel: () => Promise<void>;
  /** Asked before each write. */
  readonly fault?: () => ClusterFault;
}

/** A cluster as one replica sees it: everything takes its time, and writes fail now and then. */
export class FaultyCluster implements Cluster {
  readonly #cluster: Cluster;
  readonly #mood: ClusterMood;

  constructor(cluster: Cluster, mood: ClusterMood) {
    this.#cluster = cluster;
    this.#mood = mood;
  }

  async listNetworks(signal: AbortSignal): Promise<StoredNetwork[]> {
    return await this.#slowly(() => this.#cluster.listNetworks(signal));
  }

  async listTenantConfigs(signal: AbortSignal): Promise<StoredObject[]> {
    return await this.#slowly(() => this.#cluster.listTenantConfigs(signal));
  }

  async findNetwork(ref: NetworkRef, signal: AbortSignal): Promise<StoredObject | undefined> {
    return await this.#slowly(() => this.#cluster.findNetwork(ref, signal));
  }

  async listEndpoints(
    ref: NetworkRef,
    options: { limit?: number; signal: AbortSignal },
  ): Promise<StoredObject[]> {
    return await this.#slowly(() => this.#cluster.listEndpoints(ref, options));
  }

  async replaceTenantConfigStatus(config: StoredObject, signal: AbortSignal): Promise<StoredObject> {
    const fault = this.#mood.fault?.();
    const failure = { verb: "PUT", path: "/status", text: "a bad day" } as const;
    if (fault === "refused") throw apiError({ ...failure, ...OVERLOADED });
    const answer = await this.#slowly(() => this.#cluster.replaceTenantConfigStatus(config, signal));
    if (fault === "lost") throw apiError({ ...failure, ...LOST });
    return answer;
  }

  async #slowly<T>(ask: () => Promise<T>): Promise<T> {
    await this.#mood.travel();
    const answer = await ask();
    await this.#mood.travel();
    return answer;
  }
}

type Rest = Pick<ApiFailure, "status" | "reason" | "effect">;

const OVERLOADED: Rest = { status: 429, reason: "TooManyRequests", effect: "none" };
const LOST: Rest = { status: 0, reason: "ConnectionLost", effect: "unknown" };
