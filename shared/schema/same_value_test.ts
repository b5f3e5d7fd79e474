import { assertEquals } from "@std/assert";
import { sameValue } from "./same_value.ts";
import { valueAt } from "./value_at.ts";

Deno.test("values from JSON are the same whatever the order of their keys", () => {
  const cases: readonly [unknown, unknown, boolean][] = [
    [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, false],
    [{ a: 1 }, { a: "1" }, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [null, {}, false],
    [undefined, undefined, true],
    [JSON.parse(`{"__proto__":1}`), {}, false],
    [{ toString: 1 }, { valueOf: 1 }, false],
  ];
  for (const [one, other, same] of cases) {
    assertEquals(sameValue(one, other), same, JSON.stringify([one, other]));
    assertEquals(sameValue(other, one), same, JSON.stringify([other, one]));
  }
});

Deno.test("valueAt finds what is there and nothing that only looks so", () => {
  const object = { spec: { Options: { vlan: 5 } } };
  assertEquals(valueAt(object, "spec.Options.vlan"), 5);
  assertEquals(valueAt(object, "spec.Options.vlan.toFixed"), undefined);
  assertEquals(valueAt(object, "spec.constructor"), undefined);
  assertEquals(valueAt(undefined, "spec"), undefined);
});
