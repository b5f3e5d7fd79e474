import type * as z from "zod/mini";

/** One problem of an object: which field, and what is wrong with it. */
export interface FieldIssue {
  /** Path as users write it, such as `spec.Options.routes[10.0.0.0/8]`; the root itself is the empty string. */
  readonly field: string;
  readonly reason: string;
}

/** An object does not have the shape it must have; the message names every field that is wrong. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
  /** What was parsed, for example `DanmNet default/management`. */
  readonly subject: string;
  readonly issues: readonly FieldIssue[];

  constructor(subject: string, issues: readonly FieldIssue[]) {
    super(`${subject}: ${issues.map(({ field, reason }) => field === "" ? reason : `${field}: ${reason}`).join("; ")}`);
    this.subject = subject;
    this.issues = issues;
  }
}

/**
 * Parses `value` with `schema`.
 *
 * @param subject what the value is, for the message: `DanmNet default/management`, `annotation danm.io/interfaces`
 * @throws {SchemaError} naming every field that is wrong
 */
export function parse<T extends z.ZodMiniType>(schema: T, value: unknown, subject: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SchemaError(subject, fieldIssues(parsed.error));
}

/**
 * One line that names the fields of a zod error and the reasons, for example
 * `spec.Options.vlan: Too big: expected number to be <=4094; spec.NetworkID: …`.
 *
 * @param root prepended to every path, without a trailing dot; may be empty
 */
export function describeIssues(error: z.core.$ZodError, root = ""): string {
  return fieldIssues(error, root).map(({ field, reason }) => field === "" ? reason : `${field}: ${reason}`).join("; ");
}

/** The issues of a zod error with paths as users write them; each unknown key is an issue of its own. */
export function fieldIssues(error: z.core.$ZodError, root = ""): FieldIssue[] {
  return error.issues.flatMap((issue) => {
    const field = fieldPath(issue.path, root);
    if (issue.code !== "unrecognized_keys") return [{ field, reason: issue.message }];
    return issue.keys.map((key) => ({ field: fieldPath([...issue.path, key], root), reason: "unknown field" }));
  });
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** Joins keys as `a.b[0][10.0.0.0/8]`: map keys that are not plain names stand in brackets, as `kubectl` shows them. */
export function fieldPath(keys: readonly PropertyKey[], root = ""): string {
  let path = root;
  for (const key of keys) {
    if (typeof key === "number" || !PLAIN_NAME.test(String(key))) path += `[${String(key)}]`;
    else path += path === "" ? String(key) : `.${String(key)}`;
  }
  return path;
}
