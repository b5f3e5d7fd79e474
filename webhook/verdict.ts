/** Why an object is refused. */
export interface Denial {
  /** Path as users write it, such as `spec.Options.vlan`; the empty string is the object itself. */
  readonly field: string;
  /**
   * A sentence that goes on from the field: value, reason, and, where it helps, what would be accepted, such as
   * `10.0.0.1 is not inside 10.1.0.0/24`.
   */
  readonly reason: string;
}

/** What is answered to a request; accepted when nobody denies. */
export interface Verdict {
  readonly denials: readonly Denial[];
  /** Shown by `kubectl`, at most 120 characters each: longer ones are cut by the API server. */
  readonly warnings: readonly string[];
  /** Only of mutations: the object as it is to be stored. Absent = as it came. */
  readonly object?: unknown;
}

/** Accepted as it is. */
export const ACCEPTED: Verdict = { denials: [], warnings: [] };
