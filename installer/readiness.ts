/** What the node lacks until its Pods can be attached by our plugins, or to stay so. */
export class Readiness {
  #reasons: readonly string[] = ["nothing has been looked at yet"];

  /** Says what was found; an empty list is readiness. */
  report(reasons: readonly string[]): void {
    this.#reasons = reasons;
  }

  /** Why the node is not ready; empty when it is. */
  get reasons(): readonly string[] {
    return this.#reasons;
  }
}
