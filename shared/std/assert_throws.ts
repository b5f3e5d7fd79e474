import { stripVTControlCharacters } from "node:util";
import { AssertionError, ending, show } from "./assertion_error.ts";

// deno-lint-ignore no-explicit-any -- constructors are contravariant in their arguments: only `any` accepts all of them
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

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
