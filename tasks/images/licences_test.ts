import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { COMPONENTS } from "../components.ts";
import { ROOT } from "../support/root.ts";
import { listPackages, renderLicences } from "./licences.ts";

/** Those that may be passed on in a product of another licence, with nothing but their texts. */
const PERMISSIVE = [
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "0BSD",
  "(Apache-2.0 AND BSD-3-Clause)",
  "PSF-2.0",
  "Unlicense",
];

Deno.test("all packages that are bundled have licences that allow it", async () => {
  const entries = COMPONENTS.map(({ folder }) => join(ROOT, folder, "main.ts"));
  const packages = await listPackages(entries, ROOT);
  const names = packages.map(({ name }) => name);
  for (const known of ["zod", "hono", "ipaddr.js"]) assertEquals(names.includes(known), true, known);
  const others = packages.filter(({ licence }) => !PERMISSIVE.includes(licence));
  assertEquals(others.map(({ name, licence }) => `${name}: ${licence}`), []);
});

Deno.test("the list of licences has each text once, with all packages that it is of", () => {
  const text = renderLicences([
    { name: "a", version: "1.0.0", licence: "MIT", text: "Permission is granted" },
    { name: "b", version: "2.0.0", licence: "MIT", text: "Permission is granted\n" },
    { name: "c", version: "3.0.0", licence: "ISC", text: undefined },
  ]);
  assertStringIncludes(text, "a 1.0.0: MIT\nb 2.0.0: MIT\nc 3.0.0: ISC\n");
  assertStringIncludes(text, "a 1.0.0, b 2.0.0\n\nPermission is granted\n");
  assertEquals(text.split("Permission is granted").length, 2);
});
