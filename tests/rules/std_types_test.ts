/**
 * Pins the adapters in shared/std to what this repository uses of the real packages, `@std/assert` 1.0.14 and
 * `@std/cli` 1.0.22. `deno check` of this file is most of the test; it holds for the adapters and, after a switch of
 * the import map to `jsr:`, for the packages themselves.
 */
import * as assertAdapter from "../../shared/std/assert.ts";
import * as std from "@std/assert";
import { parseArgs } from "@std/cli";

// deno-lint-ignore no-explicit-any -- as @std/assert declares it
type AbstractClass<T> = abstract new (...args: any[]) => T;

/** Signatures as @std/assert 1.0.14 has them, written from its documentation. */
interface StdAssert {
  AssertionError: new (message: string, options?: ErrorOptions) => Error;
  assert(expr: unknown, msg?: string): asserts expr;
  assertFalse(expr: unknown, msg?: string): asserts expr is false | 0 | "" | null | undefined;
  assertEquals<T>(actual: T, expected: T, msg?: string): void;
  assertNotEquals<T>(actual: T, expected: T, msg?: string): void;
  assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T;
  assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void;
  assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T>;
  // deno-lint-ignore no-explicit-any -- as @std/assert declares it
  assertInstanceOf<T extends AbstractClass<any>>(
    actual: unknown,
    expectedType: T,
    msg?: string,
  ): asserts actual is InstanceType<T>;
  assertGreater<T>(actual: T, expected: T, msg?: string): void;
  assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void;
  assertLess<T>(actual: T, expected: T, msg?: string): void;
  assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void;
  assertStringIncludes(actual: string, expected: string, msg?: string): void;
  assertMatch(actual: string, expected: RegExp, msg?: string): void;
  assertNotMatch(actual: string, expected: RegExp, msg?: string): void;
  assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, msg?: string): void;
  // deno-lint-ignore no-explicit-any -- as @std/assert declares it
  assertObjectMatch(actual: Record<PropertyKey, any>, expected: Record<PropertyKey, unknown>, msg?: string): void;
  assertIsError<E extends Error = Error>(
    error: unknown,
    ErrorClass?: AbstractClass<E>,
    msgMatches?: string | RegExp,
    msg?: string,
  ): asserts error is E;
  assertThrows(fn: () => unknown, msg?: string): unknown;
  assertThrows<E extends Error = Error>(
    fn: () => unknown,
    ErrorClass: AbstractClass<E>,
    msgIncludes?: string,
    msg?: string,
  ): E;
  assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
  assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    ErrorClass: AbstractClass<E>,
    msgIncludes?: string,
    msg?: string,
  ): Promise<E>;
  fail(msg?: string): never;
  unreachable(reason?: string): never;
  equal(a: unknown, b: unknown): boolean;
}

/** Fails to compile unless the type is `true`. */
type Holds<T extends true> = T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Whatever `@std/assert` stands for offers what is declared above. */
const offered: StdAssert = std;
/** The adapter accepts nothing that the declaration does not, so no use of it can break in a switch. */
const accepted: Omit<Pick<typeof assertAdapter, keyof StdAssert>, "AssertionError"> = {} as StdAssert;
/** The adapter exports nothing else. */
export type NothingElse = Holds<Same<keyof typeof assertAdapter, keyof StdAssert>>;

const parsed = parseArgs(["--nodes=2"], {
  string: ["nodes", "name"],
  boolean: ["keep"],
  collect: ["label"],
  alias: { keep: "k" },
  default: { name: "lab" },
});

/** How this repository uses the result of `parseArgs`. */
const used: { nodes: string | undefined; name: string; keep: boolean; label: unknown[]; rest: (string | number)[] } = {
  nodes: parsed.nodes,
  name: parsed.name,
  keep: parsed.keep,
  label: parsed.label,
  rest: parsed._,
};

Deno.test("the adapters of @std have all that is declared of the real packages", () => {
  const missing = Object.keys(assertAdapter).filter((name) => typeof offered[name as keyof StdAssert] !== "function");
  std.assertEquals(missing, []);
  std.assertEquals(typeof accepted, "object");
  std.assertEquals(used, { nodes: "2", name: "lab", keep: false, label: [], rest: [] });
});
