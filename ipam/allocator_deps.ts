import type { ProbingPolicy } from "./allocate_probes.ts";
import type { ClaimDeps } from "./claim.ts";

/**
 * Where this node remembers, by pool, the last address that it took, and by address space those that it freed. It never
 * fails: an address that is not remembered costs some probes, nothing else.
 */
export interface Hints {
  /**
   * Reads the last address, lets `choose` name the next and remembers that, in one step over all processes of the
   * node, so that two that start at once do not meet.
   *
   * @returns undefined when nothing was chosen, or `choose` was not asked because nothing can be remembered now
   */
  take(pool: string, choose: (lastTaken: bigint | undefined) => bigint | undefined): bigint | undefined;
  remember(pool: string, value: bigint): void;
  /** The addresses that this node freed last, the latest first. */
  freed(pool: string): readonly bigint[];
  noteFreed(pool: string, value: bigint): void;
}

/** What allocation needs. */
export interface AllocatorDeps extends ClaimDeps {
  readonly hints: Hints;
  /** From 0 up to 1; another one on each node. */
  readonly nodeOffset: number;
  readonly random: () => number;
  /** Default: the one that measurement found best. */
  readonly probing?: ProbingPolicy | undefined;
}
