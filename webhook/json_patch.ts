import { createPatch, type Operation, type Pointer } from "rfc6902";

/**
 * The JSON Patch that makes `after` of `before`; empty when they are the same. Lists are compared and replaced as a
 * whole: the shortest way from one list to the other is not worth the time and the stack that finding it takes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6902
 */
export function jsonPatch(before: unknown, after: unknown): Operation[] {
  return createPatch(before, after, (one, other, at: Pointer) => {
    if (!Array.isArray(one) || !Array.isArray(other)) return;
    if (JSON.stringify(one) === JSON.stringify(other)) return [];
    return [{ op: "replace", path: at.toString(), value: other }];
  });
}
