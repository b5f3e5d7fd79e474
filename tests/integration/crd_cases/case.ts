import type { Kind } from "../../../shared/schema/resources.ts";

/** An object, and what the API server must say to its creation. */
export interface CrdCase {
  /** What is special about the object. */
  readonly name: string;
  readonly kind: Kind;
  /** The object without apiVersion and kind; `metadata` defaults to a name (and a namespace). */
  readonly object: Readonly<Record<string, unknown>> & { readonly metadata?: Readonly<Record<string, unknown>> };
  /** Absent: the object is accepted. Otherwise a refusal names this field, and this stands in its message. */
  readonly denied?: { readonly field: string; readonly message: string };
}
