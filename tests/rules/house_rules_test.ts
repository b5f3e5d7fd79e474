import { assertEquals } from "@std/assert";
import { join } from "node:path";
import plugin from "../../tasks/lint/house_rules.ts";
import { ROOT } from "../../tasks/support/root.ts";

Deno.test("the lint rules of the house report what breaks them and nothing else", async (t) => {
  const cases: { name: string; path: string; source: string; reported: string[] }[] = [
    {
      name: "a clean plan",
      path: "cni/plan_x.ts",
      source: `/** A. */ export const a = { process: 1 }.process + Date.UTC(2000);`,
      reported: [],
    },
    {
      name: "names in comments and texts",
      path: "cni/plan_x.ts",
      source: `// Deno.env\n/** A. */ export const a = "Date.now()";`,
      reported: [],
    },
    { name: "Deno in a plan", path: "cni/plan_x.ts", source: `Deno.readTextFile("x")`, reported: ["danm/pure"] },
    { name: "the clock in an allocation", path: "ipam/allocate_x.ts", source: `Date.now()`, reported: ["danm/pure"] },
    {
      name: "the clock by new Date",
      path: "ipam/allocate_x.ts",
      source: `new Date(); new Date(5)`,
      reported: ["danm/pure"],
    },
    {
      name: "the clock of performance",
      path: "webhook/validate_x.ts",
      source: `performance.now()`,
      reported: ["danm/pure"],
    },
    {
      name: "randomness",
      path: "showalloc/render.ts",
      source: `Math.random(); crypto.getRandomValues(x)`,
      reported: ["danm/pure", "danm/pure"],
    },
    { name: "a log in a schema", path: "shared/schema/x.ts", source: `console.log(1)`, reported: ["danm/pure"] },
    { name: "a timer in a schema", path: "shared/schema/x.ts", source: `setTimeout(f, 1)`, reported: ["danm/pure"] },
    { name: "a way around by globalThis", path: "shared/schema/x.ts", source: `globalThis.x`, reported: ["danm/pure"] },
    {
      name: "an impure value as a default",
      path: "cni/plan_x.ts",
      source: `function f(now = Date.now): void {}`,
      reported: ["danm/pure"],
    },
    { name: "a test of a plan", path: "cni/plan_x_test.ts", source: `Date.now()`, reported: [] },
    {
      name: "the environment in main.ts",
      path: "cni/main.ts",
      source: `Deno.env.get("A"); Deno.exit(1)`,
      reported: [],
    },
    {
      name: "the environment elsewhere",
      path: "cni/dispatch.ts",
      source: `Deno.env.get("A")`,
      reported: ["danm/environment-in-main"],
    },
    {
      name: "arguments and exit elsewhere",
      path: "cni/add.ts",
      source: `Deno.exit(Deno.args.length)`,
      reported: ["danm/environment-in-main", "danm/environment-in-main"],
    },
    {
      name: "Node's process",
      path: "shared/log.ts",
      source: `import p from "node:process"; process.env`,
      reported: ["danm/environment-in-main", "danm/environment-in-main"],
    },
    {
      name: "Deno under another name",
      path: "shared/log.ts",
      source: `const { env } = Deno;`,
      reported: ["danm/commands-in-host", "danm/environment-in-main"],
    },
    {
      name: "files, which anybody may use",
      path: "shared/log.ts",
      source: `Deno.open("x"); let s: Deno.FsFile;`,
      reported: [],
    },
    { name: "a command in shared/host", path: "shared/host/ip.ts", source: `new Deno.Command("ip")`, reported: [] },
    { name: "a command in the lab", path: "tests/support/lab/x.ts", source: `new Deno.Command("ip")`, reported: [] },
    {
      name: "a command elsewhere",
      path: "cni/delegate.ts",
      source: `new Deno.Command("ip")`,
      reported: ["danm/commands-in-host"],
    },
    {
      name: "a command through Node",
      path: "cni/delegate.ts",
      source: `import { spawn } from "node:child_process"`,
      reported: ["danm/commands-in-host"],
    },
    {
      name: "a command through Node, lazily",
      path: "cni/delegate.ts",
      source: `await import("node:child_process")`,
      reported: ["danm/commands-in-host"],
    },
    {
      name: "an export without documentation",
      path: "cni/add.ts",
      source: `/** Of the module. */\n\nimport "./a.ts";\nexport const a = 1;`,
      reported: ["danm/documented-exports"],
    },
    {
      name: "overloads, of which one is documented",
      path: "cni/add.ts",
      source: `/** A. */\nexport function a(): void;\nexport function a(): void {}`,
      reported: [],
    },
    {
      name: "a schema and its type",
      path: "cni/add.ts",
      source: `/** A. */\n// deno-lint-ignore x\nexport const A = 1; export type A = 1;`,
      reported: [],
    },
    { name: "an undocumented export of a test", path: "cni/add_test.ts", source: `export const a = 1;`, reported: [] },
    { name: "a long file", path: "cni/add.ts", source: "1;\n".repeat(251), reported: ["danm/file-length"] },
    { name: "a file that is just short enough", path: "cni/add.ts", source: "1;\n".repeat(250), reported: [] },
    { name: "a long test", path: "cni/add_test.ts", source: "1;\n".repeat(251), reported: [] },
    {
      name: "something left for later",
      path: "cni/add_test.ts",
      source: `// ${["TO", "DO"].join("")}: later`,
      reported: ["danm/nothing-for-later"],
    },
  ];
  for (const { name, path, source, reported } of cases) {
    await t.step(name, () => {
      const diagnostics = Deno.lint.runPlugin(plugin, join(ROOT, path), source);
      assertEquals(diagnostics.map(({ id }) => id).sort(), reported);
    });
  }
});

Deno.test("deno lint runs the rules of the house", async () => {
  const config = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))) as { lint: { plugins?: string[] } };
  assertEquals(config.lint.plugins, ["./tasks/lint/house_rules.ts"]);
});
