import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "node:path";
import { ROOT } from "../../tasks/support/root.ts";
import { findBrokenRules } from "./import_rules.ts";
import { readModuleGraph } from "./module_graph.ts";

Deno.test("the repository keeps the import rules of ARCHITECTURE.md", async () => {
  const modules = await readModuleGraph(ROOT);
  assert(modules.some(({ path }) => path === "shared/errors.ts"), "deno info does not list the repository's modules");
  assertEquals(findBrokenRules(modules), []);
});

/** A repository of these files, whose broken rules `check` gets. */
async function withTree(files: Record<string, string>, check: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "danm-rules-" });
  try {
    const { imports } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))) as { imports: unknown };
    await Deno.writeTextFile(join(root, "deno.json"), JSON.stringify({ nodeModulesDir: "none", imports }));
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      await Deno.writeTextFile(join(root, path), text);
    }
    await check(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("each import rule is noticed when it is broken", async (t) => {
  const empty = "export {};";
  const cases: { name: string; files: Record<string, string>; broken: string[] }[] = [
    {
      name: "nothing is broken",
      files: {
        "cni/main.ts": `import "../ipam/a.ts"; import "./plan_a.ts"; import "../shared/log.ts"; import "yaml";`,
        "cni/plan_a.ts":
          `import "zod/mini"; import "ipaddr.js"; import "../shared/schema/a.ts"; import type { A } from "../shared/log.ts"; export type B = A;`,
        "cni/plan_a_test.ts": `import "../tests/support/a.ts"; import "@std/assert";`,
        "ipam/a.ts": `import "../shared/log.ts";`,
        "shared/log.ts": "export type A = 1;",
        "shared/schema/a.ts": empty,
        "shared/std/assert.ts": empty,
        "tests/support/a.ts": `import "../../cni/main.ts"`,
      },
      broken: [],
    },
    {
      name: "an executable imports another",
      files: { "cni/a.ts": `import "../webhook/a.ts";`, "webhook/a.ts": empty },
      broken: ["cni/a.ts imports webhook/a.ts: executables and what they share never import an executable"],
    },
    {
      name: "a library imports an executable, if only a type",
      files: {
        "shared/a.ts": `import type { A } from "../cni/a.ts"; export type B = A;`,
        "cni/a.ts": "export type A = 1;",
      },
      broken: ["shared/a.ts imports cni/a.ts: executables and what they share never import an executable"],
    },
    {
      name: "an executable imports another folder",
      files: { "cni/a.ts": `import "../crds/a.ts";`, "crds/a.ts": empty },
      broken: ["cni/a.ts imports crds/a.ts: executables import ipam/, shared/ and themselves only"],
    },
    {
      name: "shared imports ipam",
      files: { "shared/a.ts": `import "../ipam/a.ts";`, "ipam/a.ts": empty },
      broken: ["shared/a.ts imports ipam/a.ts: shared/ stands below ipam/"],
    },
    {
      name: "the product imports from tests and tasks",
      files: {
        "cni/a.ts": `import "../tests/a.ts"; await import("../tasks/a.ts");`,
        "tests/a.ts": empty,
        "tasks/a.ts": empty,
      },
      broken: [
        "cni/a.ts imports tasks/a.ts: the product uses nothing of tests/ and tasks/",
        "cni/a.ts imports tests/a.ts: the product uses nothing of tests/ and tasks/",
      ],
    },
    {
      name: "pure modules import impure ones and other packages",
      files: {
        "cni/plan_a.ts": `import "./io.ts";`,
        "cni/io.ts": empty,
        "shared/schema/a.ts": `import "yaml"; import "node:fs";`,
      },
      broken: [
        "cni/plan_a.ts imports cni/io.ts: a pure module imports pure modules, zod and ipaddr.js only",
        "shared/schema/a.ts imports node:fs: a pure module imports pure modules, zod and ipaddr.js only",
        "shared/schema/a.ts imports npm:yaml@^2.9.1: a pure module imports pure modules, zod and ipaddr.js only",
      ],
    },
    {
      name: "a package is imported lazily without a module of ours between",
      files: { "shared/a.ts": `await import("yaml");` },
      broken: [
        "shared/a.ts imports npm:yaml@^2.9.1: import a package lazily through a module of ours; a bundled CommonJS package has no named exports",
      ],
    },
    {
      name: "modules import each other in a circle",
      files: {
        "shared/a.ts": `import "./b.ts";`,
        "shared/b.ts": `import "./c.ts";`,
        "shared/c.ts": `import "./a.ts";`,
      },
      broken: ["cycle: shared/a.ts → shared/b.ts → shared/c.ts → shared/a.ts"],
    },
  ];
  for (const { name, files, broken } of cases) {
    await t.step(
      name,
      () => withTree(files, async (root) => assertEquals(findBrokenRules(await readModuleGraph(root)), broken)),
    );
  }
  await t.step("an import leads nowhere", async () => {
    await withTree({ "cni/a.ts": `import "./missing.ts";` }, async (root) => {
      await assertRejects(() => readModuleGraph(root), Error, "missing.ts");
    });
  });
});
