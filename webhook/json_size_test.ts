import { assertEquals } from "@std/assert";
import { isDeeperThan } from "../shared/schema/json_depth.ts";
import { Chance, mutatedJson } from "../tests/support/odd_json.ts";
import { exceeds } from "./json_size.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

Deno.test("levels of a JSON text are counted without parsing it", async (t) => {
  const cases: [string, number, boolean][] = [
    ["1", 0, false],
    ["[]", 0, true],
    ["[]", 1, false],
    [`{"a":[{}]}`, 2, true],
    [`{"a":[{}]}`, 3, false],
    ["[[],[],[]]", 2, false],
    [`["[[[{{{"]`, 1, false],
    [`["\\"[[["]`, 1, false],
    [`["\\\\",[]]`, 1, true],
    ["[[[[", 3, true],
    [`"[[[`, 0, false],
  ];
  for (const [text, levels, more] of cases) {
    await t.step(`${text} against ${levels}`, () => assertEquals(exceeds(bytes(text), { levels, commas: 1e6 }), more));
  }
});

Deno.test("members and elements are counted, commas in strings are not", async (t) => {
  const cases: [string, number, boolean][] = [
    ["[1,2,3]", 2, false],
    ["[1,2,3]", 1, true],
    [`{"a":1,"b":[2,3]}`, 1, true],
    [`{"a":1,"b":[2,3]}`, 2, false],
    [`["a,b,c",",\\",,"]`, 1, false],
    ["", 0, false],
  ];
  for (const [text, commas, more] of cases) {
    await t.step(`${text} against ${commas}`, () => assertEquals(exceeds(bytes(text), { levels: 9, commas }), more));
  }
});

Deno.test("what is counted is what the parser would make of it", () => {
  const value = { a: [{ b: `"\\[{`, "\\[": [[{}]] }, "\u2028é"], c: { d: { e: [] } } };
  for (let seed = 1; seed <= 500; seed++) {
    const text = mutatedJson(new Chance(seed), value, { rate: 0.1 });
    const parsed = JSON.parse(text);
    for (const levels of [0, 1, 3, 5, 100]) {
      assertEquals(
        exceeds(bytes(text), { levels, commas: 1e6 }),
        isDeeperThan(parsed, levels),
        `seed ${seed}, ${levels} levels`,
      );
    }
  }
});
