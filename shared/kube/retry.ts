import type { ApiFailure } from "./api_error.ts";

/** How often and how patiently a request is repeated. */
export interface RetryPolicy {
  /** Requests in total, the first one included. */
  readonly maxTries: number;
  /** Pause before the second try; doubles from there. */
  readonly baseDelayMs: number;
  /** Longest pause that the policy itself chooses. */
  readonly maxDelayMs: number;
  /** Longest pause that a server may ask for by Retry-After; asked for more, the error is thrown at once. */
  readonly maxRetryAfterMs: number;
}

/** Rides out the restart of an API server behind a load balancer: eight tries in about seven seconds. */
export const DEFAULT_RETRY: RetryPolicy = {
  maxTries: 8,
  baseDelayMs: 100,
  maxDelayMs: 2_000,
  maxRetryAfterMs: 30_000,
};

/** Answers after which the same request may well succeed. 501 and 505 are about the request, not about the moment. */
const PASSING: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
/** Failures without a whole answer that may pass; bad certificates do not. */
const PASSING_REASONS: ReadonlySet<string> = new Set(["ConnectionFailed", "ConnectionLost", "BrokenOff"]);

/**
 * Whether to send the same request again. Reads, and writes that are idempotent (a DELETE of one UID), after every
 * passing failure; other writes only after one that proves that nothing was done.
 */
export function isRetriable(failure: ApiFailure, idempotent: boolean): boolean {
  const passing = PASSING_REASONS.has(failure.reason) || PASSING.has(failure.status);
  return passing && (idempotent || failure.effect === "none");
}

/**
 * Pause in milliseconds before the next try, or undefined when there shall be none.
 *
 * @param tries requests sent so far
 * @param random in [0, 1): spreads the clients that failed together over half of the pause
 */
export function retryDelayMs(
  failure: ApiFailure,
  tries: number,
  { policy, random }: { readonly policy: RetryPolicy; readonly random: number },
): number | undefined {
  if (tries >= policy.maxTries) return undefined;
  const backoffMs = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (tries - 1));
  const jittered = backoffMs * (0.5 + random / 2);
  const askedMs = failure.retryAfterMs ?? 0;
  if (askedMs > policy.maxRetryAfterMs) return undefined;
  // Never before the time that was asked for; a little after it, or all who were sent away come back together.
  return askedMs > 0 ? askedMs + jittered : jittered;
}
