import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { findMissing, installMissing } from "./packages.ts";

Deno.test("findMissing finds commands in any folder of PATH, and only executable files", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(dir, "runs"), "", { mode: 0o755 });
    await Deno.writeTextFile(join(dir, "reads"), "", { mode: 0o644 });
    await Deno.mkdir(join(dir, "folder"));
    const required = ["runs", "reads", "folder", "nothing"].map((command) => ({ command, package: `p-${command}` }));
    const missing = await findMissing(required, [join(dir, "no-such-folder"), join(dir, "runs"), dir]);
    assertEquals(missing.map(({ command }) => command), ["reads", "folder", "nothing"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("installMissing installs nothing where everything is there", async () => {
  const lines: string[] = [];
  const options = { path: [], logDir: "/nowhere", progress: (line: string): number => lines.push(line) };
  assertEquals(await installMissing([{ command: "sh", package: "dash" }], options), []);
  assertEquals(lines, []);
});
