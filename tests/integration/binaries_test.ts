import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CNI_PLUGINS, cniPath, ensureBinaries } from "../support/lab/binaries.ts";
import { ensureBuilt } from "../support/lab/build.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { toStderr } from "../support/progress.ts";
import { run } from "../support/run.ts";

labTest("the lab's CNI plugins answer, and nothing else of their names is taken for them", {}, async () => {
  // iproute2 has a `bridge` in PATH, too.
  const binaries = await ensureBinaries([...CNI_PLUGINS, "cnitool"], toStderr);
  for (const name of CNI_PLUGINS) {
    const options = { env: { CNI_COMMAND: "VERSION" }, stdin: '{"cniVersion":"1.0.0"}' };
    const answer = JSON.parse((await run([binaries[name]], options)).stdout);
    assert(answer.supportedVersions.includes("1.1.0"), `${binaries[name]}: ${answer.supportedVersions}`);
  }
  for (const directory of cniPath(binaries).split(":")) assert((await Deno.stat(directory)).isDirectory);
  assertStringIncludes((await run([binaries.cnitool], { check: false })).stdout, "cnitool");
});

labTest("two runs do not build the same at once", {}, async () => {
  const cache = await Deno.makeTempDir();
  const before = { XDG_CACHE_HOME: Deno.env.get("XDG_CACHE_HOME"), GOCACHE: Deno.env.get("GOCACHE") };
  // What Go has compiled before stays at hand: this is about the lab's cache.
  Deno.env.set("GOCACHE", (await run(["go", "env", "GOCACHE"])).stdout.trim());
  Deno.env.set("XDG_CACHE_HOME", cache);
  try {
    const lines: string[] = [];
    const progress = (line: string): void => void lines.push(line);
    const wanted = ["loopback"];
    const runs = await Promise.all([1, 2].map(() => ensureBuilt("cniplugins", { wanted, progress })));
    assertEquals(runs[0], runs[1]);
    assertEquals(lines.filter((line) => line.startsWith("building loopback") && line.includes("done in")).length, 1);
    assertEquals(lines.some((line) => line.startsWith("waiting for another run that builds cniplugins")), true);
    const path = runs[0]?.["loopback"] ?? "";
    const names = [...Deno.readDirSync(path.slice(0, path.lastIndexOf("/")))].map((entry) => entry.name);
    assertEquals(names.sort(), ["build.log", "lock", "loopback"]);
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    await Deno.remove(cache, { recursive: true });
  }
});
