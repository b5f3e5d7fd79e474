/** What has to be before a replica may be asked. */
export type Requirement = "certificate" | "cluster";

/**
 * Whether this replica is to get requests. What was there once is there for good: while the API server is away no
 * replica can do anything about it, and taking all of them out at once would make it worse.
 */
export class Readiness {
  readonly #missing = new Set<Requirement>(["certificate", "cluster"]);
  #stopping = false;

  /** Says that it is there. */
  meet(requirement: Requirement): void {
    this.#missing.delete(requirement);
  }

  /** Says that this replica is about to end. */
  stop(): void {
    this.#stopping = true;
  }

  /** Why it is not ready; empty when it is. */
  get reasons(): readonly string[] {
    return [...[...this.#missing].map((what) => `no ${what} yet`), ...(this.#stopping ? ["shutting down"] : [])];
  }
}
