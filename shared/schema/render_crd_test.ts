import { assertEquals, assertThrows } from "@std/assert";
import { type CrdDefinition, renderCrd } from "./render_crd.ts";
import { renderCrds } from "./crds.ts";
import { crdName, type Kind, RESOURCES } from "./resources.ts";
import * as z from "zod/mini";

function definition(schema: z.ZodMiniType, more: Partial<CrdDefinition> = {}): CrdDefinition {
  return {
    kind: "DanmNet",
    schema,
    descriptions: { "": "root" },
    rules: {},
    keywords: {},
    columns: [],
    status: false,
    ...more,
  };
}

Deno.test("renderCrd refuses a definition that leaves something open", async (t) => {
  const text = z.object({ a: z.string() });
  const described = { "": "root", "a": "text" };
  const cases: { name: string; of: CrdDefinition; says: string }[] = [
    {
      name: "a field without description",
      of: definition(z.object({ a: z.string().check(z.maxLength(5)) })),
      says: "a lacks a description",
    },
    { name: "a string without bound", of: definition(text, { descriptions: described }), says: "a has no bound" },
    {
      name: "a map without bound",
      of: definition(z.object({ a: z.record(z.string(), z.string()) }), { descriptions: described }),
      says: "a has no bound",
    },
    {
      name: "a list without bound",
      of: definition(z.object({ a: z.array(z.boolean()) }), { descriptions: described }),
      says: "a has no bound",
    },
    {
      name: "an integer without bound",
      of: definition(z.object({ a: z.int() }), { descriptions: described }),
      says: "a has no bound",
    },
    {
      name: "a list without type",
      of: definition(z.object({ a: z.array(z.boolean()).check(z.maxLength(3)) }), { descriptions: described }),
      says: "a has no bound",
    },
    {
      name: "a description of no field",
      of: definition(z.object({}), { descriptions: { "": "root", "b": "gone" } }),
      says: "has no field b",
    },
    { name: "a rule for no field", of: definition(z.object({}), { rules: { "b.c": [] } }), says: "has no field b.c" },
  ];
  for (const { name, of, says } of cases) {
    await t.step(name, () => {
      assertThrows(() => renderCrd(of), Error, says);
    });
  }
});

Deno.test("renderCrds renders every kind once, under its own name and into its own file", () => {
  const rendered = renderCrds().map(({ file, crd }) => [file, (crd.metadata as { name: string }).name]);
  assertEquals(
    rendered.sort(),
    (Object.keys(RESOURCES) as Kind[]).map((kind) => [`${RESOURCES[kind].plural}.yaml`, crdName(kind)]).sort(),
  );
});

Deno.test("no rendered schema has a word that a structural schema must not have", () => {
  const forbidden = ["$ref", "$schema", "propertyNames", "const", "oneOf", "exclusiveMinimum"];
  const text = JSON.stringify(renderCrds());
  assertEquals(forbidden.filter((word) => text.includes(`"${word}":`)), []);
  // An object that lists its fields may not allow others beside them.
  assertEquals(text.includes(`"additionalProperties":false`) || text.includes(`"additionalProperties":true`), false);
});
