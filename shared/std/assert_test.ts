import * as adapter from "./assert.ts";
import { assert, AssertionError, assertRejects, assertThrows, equal } from "./assert.ts";

/** The message with which an assertion fails; fails itself when the assertion holds. */
function failure(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    if (error instanceof AssertionError) return error.message;
    throw error;
  }
  throw new Error("the assertion holds, but it should fail");
}

Deno.test("equal", async (t) => {
  const loop: Record<string, unknown> = { a: 1 };
  loop.self = loop;
  const otherLoop: Record<string, unknown> = { a: 1 };
  otherLoop.self = otherLoop;
  class Point {
    constructor(readonly x: number) {}
  }
  const cases: { name: string; a: unknown; b: unknown; same: boolean }[] = [
    { name: "nested data", a: { a: [1, { b: null }] }, b: { a: [1, { b: null }] }, same: true },
    { name: "another order of keys", a: { a: 1, b: 2 }, b: { b: 2, a: 1 }, same: true },
    { name: "a missing key and an undefined one", a: { a: undefined }, b: {}, same: false },
    { name: "undefined under different keys", a: { a: undefined }, b: { b: undefined }, same: false },
    { name: "NaN", a: NaN, b: NaN, same: true },
    { name: "zero and minus zero", a: [0], b: [-0], same: true },
    { name: "a number and its text", a: 1, b: "1", same: false },
    { name: "bigints", a: { n: 2n ** 70n }, b: { n: 2n ** 70n }, same: true },
    { name: "null and undefined", a: null, b: undefined, same: false },
    { name: "an array and an object with the same keys", a: [1], b: { 0: 1 }, same: false },
    { name: "a hole and nothing", a: new Array(1), b: [], same: false },
    {
      name: "sets of objects in another order",
      a: new Set([{ a: 1 }, { a: 2 }]),
      b: new Set([{ a: 2 }, { a: 1 }]),
      same: true,
    },
    { name: "sets of other objects", a: new Set([{ a: 1 }, { a: 2 }]), b: new Set([{ a: 1 }, { a: 3 }]), same: false },
    {
      name: "maps in another order",
      a: new Map([["a", [1]], ["b", [2]]]),
      b: new Map([["b", [2]], ["a", [1]]]),
      same: true,
    },
    { name: "maps with another value", a: new Map([["a", 1]]), b: new Map([["a", 2]]), same: false },
    { name: "equal dates", a: new Date(5), b: new Date(5), same: true },
    { name: "different dates", a: new Date(5), b: new Date(6), same: false },
    { name: "bytes", a: new Uint8Array([1, 2]), b: new Uint8Array([1, 2]), same: true },
    { name: "other bytes", a: new Uint8Array([1, 2]), b: new Uint8Array([1, 3]), same: false },
    { name: "patterns", a: /a/g, b: /a/g, same: true },
    { name: "patterns with other flags", a: /a/g, b: /a/i, same: false },
    {
      name: "an object without prototype and a plain one",
      a: Object.assign(Object.create(null), { a: 1 }),
      b: { a: 1 },
      same: true,
    },
    { name: "objects of different classes", a: new Point(1), b: { x: 1 }, same: false },
    { name: "values that contain themselves", a: loop, b: otherLoop, same: true },
    { name: "errors with the same text", a: new TypeError("x"), b: new TypeError("x"), same: true },
    { name: "errors with other texts", a: new Error("x"), b: new Error("y"), same: false },
  ];
  for (const { name, a, b, same } of cases) {
    await t.step(`${name}: ${same ? "equal" : "not equal"}`, () => {
      assert(equal(a, b) === same && equal(b, a) === same);
    });
  }
});

Deno.test("each assertion holds and fails when it should", async (t) => {
  const cases: { name: string; holds: () => void; fails: () => void; message: string }[] = [
    { name: "assert", holds: () => assert(1), fails: () => assert(0, "why"), message: "why" },
    {
      name: "assertFalse",
      holds: () => adapter.assertFalse(""),
      fails: () => adapter.assertFalse("x"),
      message: "'x'",
    },
    {
      name: "assertEquals",
      holds: () => adapter.assertEquals([1], [1]),
      fails: () => adapter.assertEquals({ a: 1, b: 2 }, { a: 1, b: 3 }),
      message: "-   b: 3",
    },
    {
      name: "assertNotEquals",
      holds: () => adapter.assertNotEquals([1], [2]),
      fails: () => adapter.assertNotEquals([1], [1]),
      message: "[ 1 ]",
    },
    {
      name: "assertStrictEquals",
      holds: () => adapter.assertStrictEquals("a", "a"),
      fails: () => adapter.assertStrictEquals([1], [1]),
      message: "equal but not the same object",
    },
    {
      name: "assertNotStrictEquals",
      holds: () => adapter.assertNotStrictEquals([1], [1]),
      fails: () => adapter.assertNotStrictEquals(1, 1),
      message: "other than 1",
    },
    {
      name: "assertExists",
      holds: () => adapter.assertExists(0),
      fails: () => adapter.assertExists(null),
      message: "got null",
    },
    {
      name: "assertInstanceOf",
      holds: () => adapter.assertInstanceOf(new Date(), Date),
      fails: () => adapter.assertInstanceOf({}, Date),
      message: '"Date"',
    },
    {
      name: "assertGreater",
      holds: () => adapter.assertGreater(2, 1),
      fails: () => adapter.assertGreater(1, 1),
      message: "1 > 1",
    },
    {
      name: "assertGreaterOrEqual",
      holds: () => adapter.assertGreaterOrEqual(1, 1),
      fails: () => adapter.assertGreaterOrEqual(0, 1),
      message: "0 >= 1",
    },
    {
      name: "assertLess",
      holds: () => adapter.assertLess(1n, 2n),
      fails: () => adapter.assertLess(2n, 2n),
      message: "2n < 2n",
    },
    {
      name: "assertLessOrEqual",
      holds: () => adapter.assertLessOrEqual(1, 1),
      fails: () => adapter.assertLessOrEqual(NaN, 1),
      message: "NaN <= 1",
    },
    {
      name: "assertStringIncludes",
      holds: () => adapter.assertStringIncludes("abc", "b"),
      fails: () => adapter.assertStringIncludes("abc", "d", "why"),
      message: "'d': why",
    },
    {
      name: "assertMatch",
      holds: () => adapter.assertMatch("abc", /^a/),
      fails: () => adapter.assertMatch("abc", /^b/),
      message: "/^b/",
    },
    {
      name: "assertNotMatch",
      holds: () => adapter.assertNotMatch("abc", /^b/),
      fails: () => adapter.assertNotMatch("abc", /^a/),
      message: "/^a/",
    },
    {
      name: "assertArrayIncludes",
      holds: () => adapter.assertArrayIncludes([{ a: 1 }, { b: 1 }], [{ b: 1 }]),
      fails: () => adapter.assertArrayIncludes([1, 2], [2, 3]),
      message: "missing: [ 3 ]",
    },
    {
      name: "assertObjectMatch",
      holds: () =>
        adapter.assertObjectMatch({ a: { b: 1, c: 2 }, d: [{ e: 1, f: 2 }] }, { a: { b: 1 }, d: [{ e: 1 }] }),
      fails: () => adapter.assertObjectMatch({ a: { b: 1 } }, { a: { b: 1, c: 2 } }),
      message: "c: 2",
    },
    {
      name: "assertObjectMatch with a key that must be undefined",
      holds: () => adapter.assertObjectMatch({ a: undefined }, { a: undefined }),
      fails: () => adapter.assertObjectMatch({}, { a: undefined }),
      message: "a: undefined",
    },
    {
      name: "assertIsError",
      holds: () => adapter.assertIsError(new RangeError("far"), Error, /^f/),
      fails: () => adapter.assertIsError(new RangeError("far"), RangeError, "near"),
      message: "'near'",
    },
    { name: "fail", holds: () => {}, fails: () => adapter.fail("why"), message: "why" },
    { name: "unreachable", holds: () => {}, fails: () => adapter.unreachable(), message: "Unreachable" },
  ];
  for (const { name, holds, fails, message } of cases) {
    await t.step(name, () => {
      holds();
      assert(failure(fails).includes(message), `the message is: ${failure(fails)}`);
    });
  }
});

Deno.test("assertThrows", async (t) => {
  const thrown = new RangeError("too far");
  const notAnError: unknown = "text";
  const throws = (): never => {
    throw thrown;
  };
  await t.step("returns what was thrown", () => {
    assert(assertThrows(throws) === thrown);
    assert(assertThrows(throws, Error, "far") === thrown);
    assert(
      assertThrows(() => {
        throw notAnError;
      }) === "text",
    );
  });
  await t.step("fails when nothing is thrown", () => {
    assert(failure(() => assertThrows(() => 1, "why")).endsWith("to throw: why"));
  });
  await t.step("fails for another class, another text, and what is no error", () => {
    assert(failure(() => assertThrows(throws, TypeError)).includes('"RangeError: too far"'));
    assert(failure(() => assertThrows(throws, RangeError, "near")).includes("'too far'"));
    assert(
      failure(() =>
        assertThrows(() => {
          throw notAnError;
        }, Error)
      ).includes("'text'"),
    );
  });
});

Deno.test("assertRejects", async (t) => {
  const reason = new RangeError("too far");
  await t.step("resolves to the reason", async () => {
    assert(await assertRejects(() => Promise.reject(reason)) === reason);
    assert(await assertRejects(() => Promise.reject(reason), RangeError, "far") === reason);
  });
  await t.step(
    "fails for a promise that resolves, another class, a function that throws or returns no promise",
    async () => {
      const cases: [string, () => Promise<unknown>][] = [
        ["to reject: why", () => assertRejects(() => Promise.resolve(1), "why")],
        ['"TypeError"', () => assertRejects(() => Promise.reject(reason), TypeError)],
        ["'near'", () => assertRejects(() => Promise.reject(reason), RangeError, "near")],
        ["throws when expected to reject", () =>
          assertRejects(() => {
            throw reason;
          }, RangeError)],
        ["no promise", () => assertRejects(() => 1 as unknown as Promise<unknown>)],
      ];
      for (const [message, assertion] of cases) {
        const error = await assertion().then(() => undefined, (error: unknown) => error);
        assert(error instanceof AssertionError && error.message.includes(message), String(error));
      }
    },
  );
});
