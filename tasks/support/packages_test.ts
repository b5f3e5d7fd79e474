import { assertEquals, assertStringIncludes } from "@std/assert";
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

/** An apt-get that has two packages, of which one does not hold what it should. */
const APT_GET = `#!/bin/sh
here=$(dirname "$0")
[ "$1" = install ] || exit 0
for name; do case $name in good) printf '#!/bin/sh\n' >"$here/tool"; chmod 755 "$here/tool" ;; esac; done
`;

Deno.test("installMissing installs what is missing and says what is missing still", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(dir, "apt-get"), APT_GET, { mode: 0o755 });
    const required = [{ command: "tool", package: "good" }, { command: "no-such-tool", package: "bad" }];
    const options = { path: [dir], logDir: join(dir, "logs"), progress: (): void => {} };
    const missing = await installMissing(required, options);
    assertEquals(missing.length, 1);
    assertStringIncludes(
      missing.join(),
      "no-such-tool is missing and could not be installed; on Debian it is in the package bad",
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
