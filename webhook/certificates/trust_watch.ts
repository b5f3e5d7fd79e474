import type { ConfigurationFacts } from "./situation.ts";

/**
 * For how long authorities have been in all webhook configurations, as this process has seen it. So no clock is
 * compared with another one's; a process that has just started knows of nothing yet.
 */
export class TrustWatch {
  #sinceMs = new Map<string, number>();

  /**
   * Notes what the configurations have.
   *
   * @param monotonicMs when they were read, by a clock that only goes forward
   * @returns milliseconds by fingerprint
   */
  observe(configurations: readonly ConfigurationFacts[], monotonicMs: number): ReadonlyMap<string, number> {
    const bundles = configurations.flatMap(({ bundles }) =>
      bundles.map((authorities) => new Set(authorities?.map(({ fingerprint }) => fingerprint)))
    );
    const [first = new Set<string>(), ...others] = bundles;
    const everywhere = [...first].filter((fingerprint) => others.every((bundle) => bundle.has(fingerprint)));
    this.#sinceMs = new Map(
      everywhere.map((fingerprint) => [fingerprint, this.#sinceMs.get(fingerprint) ?? monotonicMs]),
    );
    return new Map(everywhere.map((fingerprint) => [fingerprint, monotonicMs - (this.#sinceMs.get(fingerprint) ?? 0)]));
  }
}
