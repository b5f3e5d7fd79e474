/** Something about an annotation that its author should know. */
export interface Finding {
  /** Full name of the annotation. */
  readonly annotation: string;
  /** Path inside of it, such as `[0].ip`; empty = all of it. */
  readonly path: string;
  /** Goes on from the path, as in `10.9.0.1 is not inside 10.0.0.0/24`. */
  readonly reason: string;
  /** It cannot work, whatever else comes; otherwise it may still come right. */
  readonly fatal: boolean;
}
