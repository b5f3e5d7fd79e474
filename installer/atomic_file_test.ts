import { assertEquals, assertRejects } from "@std/assert";
import { copyAtomically, findText, preparedPath, removeIfThere, writeAtomically } from "./atomic_file.ts";

Deno.test("files are put in their place as a whole, with their mode, and nothing is left of a failure", async () => {
  const dir = await Deno.makeTempDir({ prefix: "danm-atomic-" });
  try {
    const path = `${dir}/a`;
    await Deno.writeTextFile(preparedPath(path), "what a process left that was killed");
    await writeAtomically(path, "one", { mode: 0o600 });
    using open = await Deno.open(path);
    await copyAtomically(`${dir}/b`, path, { mode: 0o755 });
    await writeAtomically(path, "two", { mode: 0o644 });
    assertEquals([await findText(path), await findText(`${dir}/b`)], ["two", "one"]);
    assertEquals([await modeOf(path), await modeOf(`${dir}/b`)], [0o644, 0o755]);
    const buffer = new Uint8Array(3);
    await open.read(buffer);
    assertEquals(new TextDecoder().decode(buffer), "one");
    await assertRejects(() => copyAtomically(path, `${dir}/missing`, { mode: 0o755 }), Deno.errors.NotFound);
    await Deno.mkdir(`${dir}/folder/full`, { recursive: true });
    await assertRejects(() => writeAtomically(`${dir}/folder`, "text", { mode: 0o644 }));
    assertEquals(Array.from(Deno.readDirSync(dir), ({ name }) => name).sort(), ["a", "b", "folder"]);
    assertEquals([await removeIfThere(path), await removeIfThere(path), await findText(path)], [
      true,
      false,
      undefined,
    ]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

async function modeOf(path: string): Promise<number> {
  return ((await Deno.stat(path)).mode ?? 0) & 0o777;
}
