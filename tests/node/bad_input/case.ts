/** A call that must fail, and how. */
export interface BadCase {
  /** What is wrong, for people. */
  readonly what: string;
  /** Default ADD. */
  readonly command?: string;
  /** Annotation of the Pod; a text is taken as it is. */
  readonly interfaces?: readonly object[] | string;
  readonly conf?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly code: number;
  /** What the message says: the field or the object, and why. */
  readonly says: RegExp;
}
