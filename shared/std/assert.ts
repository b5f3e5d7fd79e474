/**
 * The assertions of `@std/assert` that this repository uses, over `node:assert` and `node:util`, because not every
 * build network reaches JSR. Same names, signatures and meaning (`tests/rules/std_types_test.ts` pins the types), so
 * pointing `@std/assert` at `jsr:@std/assert@^1.0.14` in `deno.json` is all that a switch takes.
 *
 * @module
 */
import { AssertionError as NodeAssertionError } from "node:assert";
import { inspect, stripVTControlCharacters } from "node:util";
import { equal } from "./equal.ts";

export { equal };

/** What every assertion here throws. */
export class AssertionError extends Error {
  override name = "AssertionError";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Any class, abstract ones included. */
// deno-lint-ignore no-explicit-any -- constructors are contravariant in their arguments: only `any` accepts all of them
export type AnyConstructor = abstract new (...args: any[]) => any;

/** The instance type of a class. */
export type GetConstructorType<T extends AnyConstructor> = InstanceType<T>;

// deno-lint-ignore no-explicit-any -- as above
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

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

/**
 * Asserts that something is an error of a class, with a message that contains a text or matches a pattern.
 */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ErrorClass<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) throw new AssertionError(`Expected an Error, but got ${show(error)}${ending(msg)}`);
  if (ErrorClass !== undefined && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected an error of class "${ErrorClass.name}", but got "${error.constructor.name}: ${error.message}"${
        ending(msg)
      }`,
      { cause: error },
    );
  }
  const message = stripVTControlCharacters(error.message);
  const matches = msgMatches === undefined ||
    (typeof msgMatches === "string" ? message.includes(msgMatches) : msgMatches.test(message));
  if (!matches) {
    const wanted = msgMatches instanceof RegExp ? String(msgMatches) : show(msgMatches);
    throw new AssertionError(`Expected an error message with ${wanted}, but got ${show(message)}${ending(msg)}`, {
      cause: error,
    });
  }
}

/**
 * Asserts that a function throws, and returns what it threw.
 *
 * @see assertRejects for functions that return a promise
 */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Asserts that a function throws an error of a class, with a text in its message, and returns the error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const text = typeof classOrMsg === "string" ? classOrMsg : msg;
  try {
    fn();
  } catch (error) {
    if (typeof classOrMsg === "function") assertIsError(error, classOrMsg, msgIncludes, msg);
    return error;
  }
  throw new AssertionError(`Expected function to throw${ending(text)}`);
}

/**
 * Asserts that the promise a function returns is rejected, and resolves to the reason. A function that throws
 * before it returns a promise, or returns none, fails the assertion.
 */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Asserts that the promise is rejected with an error of a class, with a text in its message. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const text = typeof classOrMsg === "string" ? classOrMsg : msg;
  const promise = started(fn, text);
  try {
    await promise;
  } catch (error) {
    if (typeof classOrMsg === "function") assertIsError(error, classOrMsg, msgIncludes, msg);
    return error;
  }
  throw new AssertionError(`Expected function to reject${ending(text)}`);
}

/** Fails. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${ending(msg)}`);
}

/** Fails: for code that must not be reached. */
export function unreachable(reason?: string): never {
  throw new AssertionError(reason ?? "Unreachable.");
}

function started(fn: () => PromiseLike<unknown>, msg: string | undefined): PromiseLike<unknown> {
  let result: unknown;
  try {
    result = fn();
  } catch (cause) {
    throw new AssertionError(`Function throws when expected to reject${ending(msg)}`, { cause });
  }
  if (typeof (result as PromiseLike<unknown> | undefined)?.then === "function") return result as PromiseLike<unknown>;
  throw new AssertionError(`Function returns no promise when expected to reject${ending(msg)}`);
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

function diff(actual: unknown, expected: unknown): string {
  return new NodeAssertionError({ actual, expected, operator: "deepStrictEqual" }).message;
}

function show(value: unknown): string {
  return inspect(value, { depth: 8, maxStringLength: 10_000, breakLength: 120, sorted: true });
}

function ending(msg: string | undefined): string {
  return msg === undefined || msg === "" ? "." : `: ${msg}`;
}
