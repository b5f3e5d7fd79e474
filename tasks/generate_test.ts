import { assertEquals } from "@std/assert";
import { findDrift, generatedFiles } from "./generate.ts";

Deno.test("crds/ is what shared/schema says", async () => {
  assertEquals(await findDrift(generatedFiles()), []);
});

Deno.test("findDrift names a file that is changed, missing or left over", async () => {
  const files = generatedFiles();
  const [first, ...rest] = files;
  if (first === undefined) throw new Error("nothing is generated");
  const changed = { ...first, text: `${first.text}# changed\n` };
  const missing = { url: new URL("../crds/none.yaml", import.meta.url), name: "crds/none.yaml", text: "" };
  assertEquals(await findDrift([changed, ...rest]), [first.name]);
  assertEquals(await findDrift([...files, missing]), [missing.name]);
  assertEquals(await findDrift(rest), [first.name]);
});
