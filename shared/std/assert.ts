/**
 * The assertions of `@std/assert` that this repository uses, over `node:assert` and `node:util`, because not every
 * build network reaches JSR. Same names, signatures and meaning (`tests/rules/std_types_test.ts` pins the types), so
 * pointing `@std/assert` at `jsr:@std/assert@^1.0.14` in `deno.json` is all that a switch takes.
 *
 * @module
 */
import { AssertionError, diff, ending, show } from "./assertion_error.ts";
import { equal } from "./equal.ts";

export { assertIsError, assertRejects, assertThrows } from "./assert_throws.ts";
export { AssertionError, equal };

/** Any class, abstract ones included. */
// deno-lint-ignore no-explicit-any -- constructors are contravariant in their arguments: only `any` accepts all of them
export type AnyConstructor = abstract new (...args: any[]) => any;

/** The instance type of a class. */
export type GetConstructorType<T extends AnyConstructor> = InstanceType<T>;

/** Asserts that a value is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Asserts that a value is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is false | 0 | "" | null | undefined {
  if (expr) throw new AssertionError(msg === "" ? `Expected a falsy value, but got ${show(expr)}.` : msg);
}

/** Asserts deep equality (see {@linkcode equal}); the message is a diff. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) {
    throw new AssertionError(`Values are not equal${ending(msg)}\n${diff(actual, expected)}`);
  }
}

/** Asserts that two values are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) throw new AssertionError(`Expected a value other than ${show(expected)}${ending(msg)}`);
}

/** Asserts that two values are the same one (`Object.is`). */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const reason = equal(actual, expected) ? "Values are equal but not the same object" : "Values are not strictly equal";
  throw new AssertionError(`${reason}${ending(msg)}\n${diff(actual, expected)}`);
}

/** Asserts that two values are not the same one (`Object.is`). */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (Object.is(actual, expected)) {
    throw new AssertionError(`Expected a value other than ${show(expected)}${ending(msg)}`);
  }
}

/** Asserts that a value is neither null nor undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    throw new AssertionError(`Expected a value, but got ${actual}${ending(msg)}`);
  }
}

/** Asserts that a value is an instance of a class. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is GetConstructorType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(`Expected an instance of "${expectedType.name}", but got ${show(actual)}${ending(msg)}`);
}

/** Asserts that `actual` is greater than `expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) throw comparison(actual, ">", expected, msg);
}

/** Asserts that `actual` is not smaller than `expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) throw comparison(actual, ">=", expected, msg);
}

/** Asserts that `actual` is smaller than `expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) throw comparison(actual, "<", expected, msg);
}

/** Asserts that `actual` is not greater than `expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) throw comparison(actual, "<=", expected, msg);
}

/** Asserts that a text contains another one. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(`Expected ${show(actual)} to contain ${show(expected)}${ending(msg)}`);
}

/** Asserts that a text matches a pattern. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) {
    throw new AssertionError(`Expected ${show(actual)} to match ${expected}${ending(msg)}`);
  }
}

/** Asserts that a text does not match a pattern. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) {
    throw new AssertionError(`Expected ${show(actual)} not to match ${expected}${ending(msg)}`);
  }
}

/** Asserts that each element of `expected` has a deeply equal one in `actual`. */
export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, msg?: string): void {
  const present = Array.from(actual);
  const missing = Array.from(expected).filter((element) => !present.some((candidate) => equal(element, candidate)));
  if (missing.length > 0) {
    throw new AssertionError(`Expected ${show(actual)} to include ${show(expected)}${ending(msg)}
missing: ${show(missing)}`);
  }
}

/** Asserts that all properties of `expected` are, deeply, in `actual`; what `actual` has besides does not matter. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- the signature of @std/assert: interfaces without index signature are accepted
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  const overlap = restrict(actual, expected, new Map());
  const wanted = restrict(expected, expected, new Map());
  if (!equal(overlap, wanted)) {
    throw new AssertionError(`Object does not match${ending(msg)}\n${diff(overlap, wanted)}`);
  }
}

/** Fails. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${ending(msg)}`);
}

/** Fails: for code that must not be reached. */
export function unreachable(reason?: string): never {
  throw new AssertionError(reason ?? "Unreachable.");
}

/** `value` without the properties that `shape` has not; arrays and plain objects as plain data, recursively. */
function restrict(value: unknown, shape: unknown, seen: Map<unknown, unknown>): unknown {
  if (!isContainer(value) || !isContainer(shape)) return value;
  if (seen.has(value)) return seen.get(value);
  const result: Record<PropertyKey, unknown> = {};
  seen.set(value, result);
  const own = value as Record<PropertyKey, unknown>;
  for (const key of Reflect.ownKeys(shape).filter((key) => !Array.isArray(shape) || key !== "length")) {
    if (key in own) result[key] = restrict(own[key], (shape as Record<PropertyKey, unknown>)[key], seen);
  }
  return result;
}

function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return ![RegExp, Date, Map, Set, URL].some((special) => value instanceof special);
}

function comparison(actual: unknown, relation: string, expected: unknown, msg: string | undefined): AssertionError {
  return new AssertionError(`Expected ${show(actual)} ${relation} ${show(expected)}${ending(msg)}`);
}
