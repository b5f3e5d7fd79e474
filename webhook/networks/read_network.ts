import { type FieldIssue, SchemaError } from "../../shared/schema/describe_issues.ts";
import { type Network, type NetworkKind, parseNetwork } from "../../shared/schema/network.ts";
import { sameValue } from "../../shared/schema/same_value.ts";
import { valueAt } from "../../shared/schema/value_at.ts";

/** A field of `spec` or of `spec.Options`, with whatever is below it. */
const FIELD = /^spec\.(?:Options\.)?[A-Za-z0-9_]+/;

/**
 * A network that is to be stored. Fields that cannot be read are ignored where they are stored as they are: earlier
 * releases let more through, and their networks stay editable.
 *
 * @param before what is stored
 * @throws {SchemaError} naming every other field that is wrong, with its value
 */
export function readNetwork(kind: NetworkKind, object: unknown, before?: unknown): Network {
  const isStored = (field: string): boolean => {
    const stored = valueAt(before, field);
    return stored !== undefined && sameValue(valueAt(object, field), stored);
  };
  try {
    return readExcept(kind, object, isStored);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw new SchemaError(error.subject, error.issues.map((issue) => withValue(issue, object)));
  }
}

/** A network as far as it can be read; undefined when that is nothing. What no Pod can attach to rules nobody out. */
export function readStored(kind: NetworkKind, object: unknown): Network | undefined {
  try {
    return readExcept(kind, object, () => true);
  } catch (error) {
    if (error instanceof SchemaError) return undefined;
    throw error;
  }
}

function readExcept(kind: NetworkKind, object: unknown, mayGo: (field: string) => boolean): Network {
  let left = object;
  for (;;) {
    try {
      return parseNetwork(kind, left);
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      const fields = error.issues.map(({ field }) => FIELD.exec(field)?.[0]);
      const fresh = error.issues.filter((_, index) => !mayGo(fields[index] ?? ""));
      if (fresh.length > 0 || fields.includes(undefined)) throw new SchemaError(error.subject, fresh);
      for (const field of fields) left = without(left, field?.split(".") ?? []);
    }
  }
}

function without(value: unknown, [key = "", ...below]: readonly string[]): unknown {
  const { [key]: inner, ...others } = value as Record<string, unknown>;
  return below.length === 0 || inner === undefined ? others : { ...others, [key]: without(inner, below) };
}

function withValue({ field, reason }: FieldIssue, object: unknown): FieldIssue {
  const value = valueAt(object, field);
  const isShown = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return { field, reason: isShown ? `${JSON.stringify(value).slice(0, 64)}: ${reason}` : reason };
}
