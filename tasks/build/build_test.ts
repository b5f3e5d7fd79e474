import {
  assert,
  assertArrayIncludes,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { pinRoot } from "../../installer/render_pinned_launcher.ts";
import { run } from "../../tests/support/run.ts";
import { ROOT } from "../support/root.ts";
import type { Component } from "../components.ts";
import { build, type BuildReport } from "./build.ts";
import { bundle, withLazyRequire } from "./bundle.ts";
import { canCompile } from "./compile.ts";
import { renderLauncher } from "./launcher.ts";
import { sameTree } from "./same_tree.ts";

const MAIN = `
import * as z from "zod/mini";
const [command, ...rest] = z.array(z.string()).parse(Deno.args);
if (command === "yaml") {
  const { toYaml } = await import("./lazy.ts");
  console.log(toYaml({ rest }));
} else if (command === "env") {
  console.log(Deno.env.get("PATH"));
} else {
  console.log(JSON.stringify({ command, rest, node: Object.keys(Deno.env.toObject()).length > 0 }));
}
`;
const LAZY = `
import { stringify } from "yaml";
export function toYaml(value: unknown): string { return stringify(value); }
`;

const PLUGIN_MAIN = `
const { verb } = await import("./verbs.ts");
console.log(verb());
`;

/** A repository with two components, one of which may read the environment, and a plugin. */
async function makeRoot(): Promise<string> {
  const root = await Deno.makeTempDir({ prefix: "danm-build-" });
  const { imports } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))) as {
    imports: Record<string, string>;
  };
  await Deno.writeTextFile(join(root, "deno.json"), JSON.stringify({ nodeModulesDir: "none", lock: false, imports }));
  for (const folder of ["may", "may_not"]) {
    await Deno.mkdir(join(root, folder));
    await Deno.writeTextFile(join(root, folder, "main.ts"), MAIN);
    await Deno.writeTextFile(join(root, folder, "lazy.ts"), LAZY);
  }
  await Deno.mkdir(join(root, "plugin"));
  await Deno.writeTextFile(join(root, "plugin/main.ts"), PLUGIN_MAIN);
  await Deno.writeTextFile(join(root, "plugin/verbs.ts"), "export function verb(): string { return `ADD`; }");
  return root;
}

const COMPONENTS: readonly Component[] = [
  { folder: "may", executable: "may", permissions: ["--allow-env"] },
  { folder: "may_not", executable: "may-not", permissions: [] },
  { folder: "plugin", executable: "plugin", permissions: [], cniPlugin: true },
];

/** The compiled code of the plugin's chunk of verbs. */
function compiledVerbs(cache: string): unknown[] {
  using database = new DatabaseSync(join(cache, "v8_code_cache_v2"));
  return database.prepare("SELECT data FROM codecache WHERE specifier LIKE '%/lib/plugin/verbs-%'").all();
}

function buildInto(root: string, out: string, progress: (line: string) => void = () => {}): Promise<BuildReport> {
  const sources = { denortBin: undefined, denoDir: join(root, "no-cache") };
  return build({ root, outDir: join(root, out), components: COMPONENTS, progress, ...sources });
}

Deno.test("build makes executables that need nothing but their folder", async (t) => {
  const root = await makeRoot();
  const bare = { clearEnv: true, cwd: "/" };
  try {
    const lines: string[] = [];
    const report = await buildInto(root, "dist", (line) => lines.push(line));
    const may = join(root, "dist", "may");

    await t.step("reports its form and what it made", () => {
      assertEquals(report, {
        form: "bundle and runtime",
        changed: true,
        executables: [may, join(root, "dist/may-not"), join(root, "dist/plugin")],
      });
      assert(lines.some((line) => line.includes("no denort")), lines.join("\n"));
    });
    await t.step("they run with an empty environment and pass arguments on", async () => {
      const { stdout } = await run([may, "x", "a b", "--flag", "$HOME"], bare);
      assertEquals(JSON.parse(stdout), { command: "x", rest: ["a b", "--flag", "$HOME"], node: true });
    });
    await t.step("their first start finds its bundle analysed", async () => {
      await buildInto(root, "other");
      using cache = new DatabaseSync(join(root, "other/cache/dep_analysis_cache_v2"));
      const rows = cache.prepare("SELECT specifier FROM moduleinfocache").all();
      const bundles = ["may", "may-not"].map((name) => String(pathToFileURL(join(root, "other/lib", name, "main.js"))));
      assertArrayIncludes(rows.map(({ specifier }) => specifier), bundles);
      await Deno.remove(join(root, "other"), { recursive: true });
    });
    await t.step("a plugin's first call finds its verbs compiled, and no log that has to be read before", async () => {
      await buildInto(root, "other");
      const cache = join(root, "other/cache");
      const logs = Array.from(Deno.readDirSync(cache), ({ name }) => name).filter((name) => name.endsWith("-wal"));
      assertEquals(logs.filter((name) => Deno.statSync(join(cache, name)).size > 0), []);
      const before = compiledVerbs(cache);
      assertEquals(before.length, 1);
      assertEquals((await run([join(root, "other/plugin")], bare)).stdout, "ADD\n");
      // What was compiled for other options than those of the launcher would be compiled, and written, again.
      assertEquals(compiledVerbs(cache), before);
      await Deno.remove(join(root, "other"), { recursive: true });
    });
    await t.step("a package is loaded when it is needed", async () => {
      assertEquals((await run([may, "yaml", "a"], bare)).stdout, "rest:\n  - a\n\n");
      const atStart = await Deno.readTextFile(join(root, "dist/lib/may/main.js"));
      assert(atStart.length < 60_000, `main.js holds more than zod/mini: ${atStart.length} bytes`);
    });
    await t.step("nothing loads node:module at start", async () => {
      for await (const { name } of Deno.readDir(join(root, "dist/lib/may"))) {
        const text = await Deno.readTextFile(join(root, "dist/lib/may", name));
        assert(!/import[^;]{0,80}from"node:module"/.test(text), name);
      }
    });
    await t.step("they have the permissions of the table and no others", async () => {
      await run([may, "env"], { ...bare, env: { PATH: "/bin" } });
      const refused = await run([join(root, "dist/may-not"), "env"], { ...bare, check: false });
      assertEquals(refused.code, 1);
      assertStringIncludes(refused.stderr, "NotCapable");
    });
    await t.step("they run through a symbolic link, and from another folder with a pinned root", async () => {
      await Deno.symlink(may, join(root, "link"));
      await run([join(root, "link"), "yaml"], { ...bare, env: { PATH: "/usr/bin:/bin" } });
      await Deno.mkdir(join(root, "it's bin"));
      const pinned = join(root, "it's bin", "may");
      await Deno.writeTextFile(pinned, pinRoot(await Deno.readTextFile(may), join(root, "dist")), { mode: 0o755 });
      await run([pinned, "yaml"], bare);
    });
    await t.step("they run when the cache cannot be written", async () => {
      await Deno.remove(join(root, "dist/cache"), { recursive: true });
      await Deno.writeTextFile(join(root, "dist/cache"), "not a folder");
      await run([may, "yaml"], bare);
    });
    await t.step("building again changes nothing, and building elsewhere gives the same bytes", async () => {
      assertEquals((await buildInto(root, "dist")).changed, false);
      assertEquals((await buildInto(root, "other")).changed, true);
      assert(await sameTree(join(root, "dist"), join(root, "other"), { ignore: ["cache"] }));
    });
    await t.step("a change of the source reaches the executable", async () => {
      await Deno.writeTextFile(join(root, "may/main.ts"), `console.log("changed")`);
      assertEquals((await buildInto(root, "dist")).changed, true);
      assertEquals((await run([may], bare)).stdout, "changed\n");
    });
    await t.step("no folder of a failed or finished build is left", async () => {
      await Deno.writeTextFile(join(root, "may/main.ts"), `import "./missing.ts"`);
      await assertRejects(() => buildInto(root, "dist"), Error, "missing.ts");
      assertEquals((await run([may], bare)).stdout, "changed\n");
      const names = (await Array.fromAsync(Deno.readDir(root))).map((entry) => entry.name);
      assertEquals(names.filter((name) => name.startsWith(".dist-")), []);
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("build refuses a component that has no permissions in the table", async () => {
  const root = await makeRoot();
  try {
    await Deno.mkdir(join(root, "more"));
    await Deno.writeTextFile(join(root, "more/main.ts"), "");
    await assertRejects(() => buildInto(root, "dist"), Error, "more/main.ts: add it");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("canCompile wants the real denort", async (t) => {
  const denoDir = await Deno.makeTempDir();
  try {
    await t.step("no without DENORT_BIN and cache", async () => {
      assertEquals(await canCompile({ denortBin: undefined, denoDir }), false);
      assertEquals(await canCompile({ denortBin: "", denoDir }), false);
    });
    await t.step("yes with a downloaded one", async () => {
      const dir = join(denoDir, "dl", "release", `v${Deno.version.deno}`);
      await Deno.mkdir(dir, { recursive: true });
      await Deno.writeTextFile(join(dir, `denort-${Deno.build.target}.zip`), "");
      assertEquals(await canCompile({ denortBin: undefined, denoDir }), true);
    });
    await t.step("an error for a missing file and for deno itself", async () => {
      await assertRejects(() => canCompile({ denortBin: join(denoDir, "no"), denoDir }), Error, "no such file");
      await assertRejects(() => canCompile({ denortBin: Deno.execPath(), denoDir }), Error, "deno itself");
    });
  } finally {
    await Deno.remove(denoDir, { recursive: true });
  }
});

Deno.test("withLazyRequire leaves other imports alone", () => {
  const other = 'import{a as b}from"node:fs";b();';
  assertEquals(withLazyRequire(other), other);
  const eager = 'import{createRequire as c} from "node:module";var d=c(import.meta.url);d("fs");';
  assertMatch(withLazyRequire(eager), /^var d=e=>process\.getBuiltinModule/);
});

Deno.test("renderLauncher lets an executable read its own bundle, and what the table says", () => {
  const cases: [string[], string][] = [
    [[], ' "--allow-read=$root/lib/a" '],
    [["--allow-read=/etc"], ' "--allow-read=/etc,$root/lib/a" '],
    [["--allow-read", "--allow-env"], " --allow-read --allow-env "],
    [["--allow-run=$root/deno,ip"], ' "--allow-run=$root/deno,ip" '],
  ];
  for (const [permissions, text] of cases) {
    assertStringIncludes(renderLauncher({ folder: "a", executable: "a", permissions }), text);
  }
});

Deno.test("pinRoot replaces the line that looks for the root, and only that", () => {
  const launcher = renderLauncher({ folder: "a", executable: "a", permissions: ["--allow-net"] });
  const [before, after] = [launcher.split("\n"), pinRoot(launcher, "/opt/danm").split("\n")];
  assertEquals(after, [before[0], "root='/opt/danm'", ...before.slice(2)]);
  assertStringIncludes(launcher, " --allow-net ");
});

Deno.test("a bundle that would forget to dispose of something is refused", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(root, "deno.json"), "{}");
    const open = "const open = () => ({ ok: true, [Symbol.dispose]() { console.log(1); } });";
    const write = (body: string): Promise<void> => Deno.writeTextFile(join(root, "main.ts"), `${open}\n${body}`);
    const request = { root, entry: "main.ts", outDir: join(root, "out") };
    await write("export function f() { using held = open(); if (held.ok) console.log(2); }\nf();");
    await assertRejects(() => bundle(request), Error, "main.ts: minified, 0 of 1 `using` are left");
    await write("export function f() { const held = open(); using _held = held; if (held.ok) console.log(2); }\nf();");
    await bundle(request);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
