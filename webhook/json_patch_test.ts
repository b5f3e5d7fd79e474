import { assertEquals } from "@std/assert";
import { applyPatch } from "rfc6902";
import { Chance, mutatedJson } from "../tests/support/odd_json.ts";
import { jsonPatch } from "./json_patch.ts";

Deno.test("jsonPatch says what changed and nothing else", async (t) => {
  const cases: { name: string; before: unknown; after: unknown; patch: unknown[] }[] = [
    { name: "nothing", before: { a: [1, { b: 2 }] }, after: { a: [1, { b: 2 }] }, patch: [] },
    { name: "a new field", before: { a: 1 }, after: { a: 1, b: {} }, patch: [{ op: "add", path: "/b", value: {} }] },
    {
      name: "a field deep inside",
      before: { spec: { Options: { vlan: 1, x: 2 } } },
      after: { spec: { Options: { vlan: 5, x: 2 } } },
      patch: [{ op: "replace", path: "/spec/Options/vlan", value: 5 }],
    },
    { name: "a removed field", before: { a: 1, b: 2 }, after: { a: 1 }, patch: [{ op: "remove", path: "/b" }] },
    { name: "undefined is absent", before: { a: 1 }, after: { a: 1, b: undefined }, patch: [] },
    {
      name: "keys with slashes",
      before: { "a/b~c": 1 },
      after: { "a/b~c": 2 },
      patch: [{ op: "replace", path: "/a~1b~0c", value: 2 }],
    },
    { name: "a list", before: { a: [1, 2] }, after: { a: [2] }, patch: [{ op: "replace", path: "/a", value: [2] }] },
  ];
  for (const { name, before, after, patch } of cases) {
    await t.step(name, () => assertEquals(JSON.parse(JSON.stringify(jsonPatch(before, after))), patch));
  }
});

Deno.test("a list of very many elements takes neither long nor much stack", () => {
  const before = { a: Array.from({ length: 200_000 }, (_, at) => ({ at })) };
  assertEquals(jsonPatch(before, structuredClone(before)), []);
  assertEquals(jsonPatch(before, { a: [...before.a, {}] }).length, 1);
});

Deno.test("applied to what was, a patch makes what is to be", () => {
  const base = { metadata: { name: "a", labels: { b: "c" } }, spec: { list: [1, 2, { d: [] }], map: { "x/y": null } } };
  for (let seed = 1; seed <= 500; seed++) {
    const chance = new Chance(seed);
    const odd = ["null", "1", `"x"`, "[]", "{}", "[null]", `{"a":1}`];
    const [before, after] = [0, 0].map(() => JSON.parse(mutatedJson(chance, base, { rate: 0.1, odd })));
    const document = { root: structuredClone(before) };
    const failures = applyPatch(document, jsonPatch({ root: before }, { root: after }));
    assertEquals(failures.filter((failure) => failure !== null), [], `seed ${seed}`);
    assertEquals(document.root, after, `seed ${seed}`);
  }
});
