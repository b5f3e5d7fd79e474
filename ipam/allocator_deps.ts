import type { ProbingPolicy } from "./allocate_probes.ts";
import type { ClaimDeps } from "./claim.ts";

/**
 * Where this node remembers, by pool, the addresses that it took last. It never fails: an address that is not
 * remembered costs some probes, nothing else.
 */
export interface Hints {
  /**
   * Reads the addresses taken last, newest first, lets `choose` name the next and remembers that, in one step over all
   * processes of the node, so that two that start at once do not meet.
   *
   * @returns undefined when nothing was chosen, or `choose` was not asked because nothing can be remembered now
   */
  take(pool: string, choose: (recent: readonly bigint[]) => bigint | undefined): bigint | undefined;
  /** Remembers that `taken` was taken, in place of `missed`, which had been chosen and is held by somebody else. */
  remember(pool: string, change: { taken: bigint; missed?: bigint | undefined }): void;
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
