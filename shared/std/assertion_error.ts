import { AssertionError as NodeAssertionError } from "node:assert";
import { inspect } from "node:util";

/** What every assertion here throws. */
export class AssertionError extends Error {
  override name = "AssertionError";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** What differs, line by line. */
export function diff(actual: unknown, expected: unknown): string {
  return new NodeAssertionError({ actual, expected, operator: "deepStrictEqual" }).message;
}

/** A value as text, for a message. */
export function show(value: unknown): string {
  return inspect(value, { depth: 8, maxStringLength: 10_000, breakLength: 120, sorted: true });
}

/** The end of a message's first sentence: what the caller says, if anything. */
export function ending(msg: string | undefined): string {
  return msg === undefined || msg === "" ? "." : `: ${msg}`;
}
