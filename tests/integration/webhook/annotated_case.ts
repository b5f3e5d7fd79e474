/** An object with annotations, and what admission says to it. */
export interface AnnotatedCase {
  /** What is special about it. */
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Default: `apps`. */
  readonly namespace?: string;
  /** What its spec has besides what it needs. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** All fields that are denied, and what stands in the reason. */
  readonly denied?: readonly (readonly [field: string, reason: string])[];
  /** All warnings in their order: what stands in each. */
  readonly warned?: readonly string[];
}

/** The annotation as users write it; anything but a text is made JSON. */
export function interfaces(value: unknown, prefix = "danm.io"): Record<string, string> {
  return { [`${prefix}/interfaces`]: typeof value === "string" ? value : JSON.stringify(value) };
}

/** Field of a denial inside of the annotation. */
export function at(path: string, annotation = "danm.io/interfaces"): string {
  return `metadata.annotations[${annotation}]${path}`;
}
