import { assertEquals } from "@std/assert";
import { findTestFiles } from "./find_test_files.ts";
import { ROOT } from "../support/root.ts";
import { SUITES } from "./suites.ts";

Deno.test("the longest files of a suite are among its files, each once", async () => {
  for (const { name, paths, longest = [] } of SUITES) {
    const files = await findTestFiles(name === "unit" ? [] : paths, ROOT);
    assertEquals(longest.filter((path) => !files.includes(path)), [], name);
    assertEquals([...new Set(longest)], [...longest], name);
  }
});
