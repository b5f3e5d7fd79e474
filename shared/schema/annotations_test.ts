import { assertEquals } from "@std/assert";
import { findAnnotation, type FoundAnnotation } from "./annotations.ts";

Deno.test("findAnnotation knows both prefixes, the new one first", async (t) => {
  const cases: { name: string; annotations: Record<string, string> | undefined; found: FoundAnnotation | undefined }[] =
    [
      { name: "no annotations", annotations: undefined, found: undefined },
      {
        name: "others only",
        annotations: { "danm.io/interfaces2": "x", "xdanm.io/interfaces": "y" },
        found: undefined,
      },
      {
        name: "the new prefix",
        annotations: { "danm.io/interfaces": "a" },
        found: { name: "danm.io/interfaces", value: "a" },
      },
      {
        name: "the older prefix",
        annotations: { "danm.k8s.io/interfaces": "b" },
        found: { name: "danm.k8s.io/interfaces", value: "b" },
      },
      {
        name: "both",
        annotations: { "danm.k8s.io/interfaces": "b", "danm.io/interfaces": "" },
        found: { name: "danm.io/interfaces", value: "" },
      },
    ];
  for (const { name, annotations, found } of cases) {
    await t.step(name, () => assertEquals(findAnnotation(annotations, "interfaces"), found));
  }
});
