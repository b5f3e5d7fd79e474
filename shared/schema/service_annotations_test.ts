import { assertEquals, assertThrows } from "@std/assert";
import { SchemaError } from "./describe_issues.ts";
import { parseServiceNetwork, parseServiceSelector } from "./service_annotations.ts";

Deno.test("a selector is a map of labels; one that selects nothing is empty, however it is written", async (t) => {
  const cases: [text: string, selector: Record<string, string>][] = [
    ["", {}],
    [" \n", {}],
    ["null", {}],
    ["{}", {}],
    ['{"app": "web"}', { app: "web" }],
    ['{"example.com/app": "", "a_b.C-1": "X"}', { "example.com/app": "", "a_b.C-1": "X" }],
    [JSON.stringify({ [`${"p".repeat(253)}/${"n".repeat(63)}`]: "v".repeat(63) }), {
      [`${"p".repeat(253)}/${"n".repeat(63)}`]: "v".repeat(63),
    }],
  ];
  for (const [text, selector] of cases) {
    await t.step(text.slice(0, 40), () => assertEquals(parseServiceSelector(text), selector));
  }
});

Deno.test("a selector that no Pod could match is refused by its labels", async (t) => {
  const cases: [text: string, fields: string[]][] = [
    ["app=web", [""]],
    ["[]", [""]],
    ["7", [""]],
    ['{"app": 7, "b": "c", "d": {}}', ["[app]", "[d]"]],
    ['{"-a": "x", "a-": "x", "a b": "x", "": "x"}', ["[-a]", "[a-]", "[a b]", "[]"]],
    ['{"/a": "x", "a/b/c": "x", "A.com/a": "x"}', ["[/a]", "[a/b/c]", "[A.com/a]"]],
    ['{"a": "-x", "b": "x-", "c": "x y", "d": "ä"}', ["[a]", "[b]", "[c]", "[d]"]],
    [JSON.stringify({ ["n".repeat(64)]: "x" }), [`[${"n".repeat(64)}]`]],
    ['{"__proto__": {"a": "b"}}', ["[__proto__]"]],
  ];
  for (const [text, fields] of cases) {
    await t.step(text.slice(0, 40), () => {
      const error = assertThrows(() => parseServiceSelector(text, "danm.k8s.io/selector"), SchemaError);
      assertEquals(error.subject, "annotation danm.k8s.io/selector");
      assertEquals(error.issues.map(({ field }) => field), fields);
    });
  }
});

Deno.test("an annotation names one network", () => {
  const at = { annotation: "danm.io/network", kind: "DanmNet" } as const;
  assertEquals(parseServiceNetwork("a.b-1", at), { ...at, name: "a.b-1" });
  for (const name of ["A", "a,b", "a b", "ns/a", "-a", "a".repeat(254)]) {
    assertThrows(() => parseServiceNetwork(name, at), SchemaError, "is not the name of a DanmNet");
  }
});
