import { assertEquals, assertThrows } from "@std/assert";
import { describeIssues, fieldPath, parse, SchemaError } from "./describe_issues.ts";
import "./locale.ts";
import * as z from "zod/mini";

const Example = z.strictObject({ list: z.array(z.object({ size: z.int() })), map: z.record(z.string(), z.string()) });

Deno.test("describeIssues names every wrong field as users write it", () => {
  const error =
    Example.safeParse({ list: [{ size: 1 }, { size: "2" }], map: { "10.0.0.0/8": 5 }, more: 1, "a b": 2 }).error;
  assertEquals(
    error && describeIssues(error, "spec"),
    "spec.list[1].size: Invalid input: expected number, received string; " +
      "spec.map[10.0.0.0/8]: Invalid input: expected string, received number; " +
      "spec.more: unknown field; spec[a b]: unknown field",
  );
});

Deno.test("parse returns what the schema makes of the value, or says for which object it failed", () => {
  assertEquals(parse(z.object({ a: z._default(z.string(), "x") }), { b: 1 }, "thing"), { a: "x" });
  const error = assertThrows(
    () => parse(Example, 5, "thing one"),
    SchemaError,
    "thing one: Invalid input: expected object",
  );
  assertEquals(error.issues.map(({ field }) => field), [""]);
});

Deno.test("fieldPath joins names, indexes and keys", () => {
  assertEquals(fieldPath(["a", 0, "b-c", "x/y"], "root"), "root.a[0].b-c[x/y]");
  assertEquals(fieldPath([]), "");
});
