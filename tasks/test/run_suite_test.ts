import { assertEquals, assertStringIncludes } from "@std/assert";
import { dirname, join } from "node:path";
import { runSuite } from "./run_suite.ts";
import type { Suite } from "./suites.ts";

const SUITE: Suite = {
  name: "unit",
  against: "nothing",
  paths: ["a", "no-such-folder"],
  ignore: ["a/ignored"],
  permissions: ["--allow-read"],
  lab: false,
};

Deno.test("runSuite", async (t) => {
  const passing = `Deno.test("passes", () => {});`;
  const cases: { name: string; files: Record<string, string>; args?: string[]; exitCode: number; counts: number[] }[] =
    [
      {
        name: "counts what passes",
        files: { "a/x_test.ts": passing, "a/ignored/x_test.ts": "throw 1" },
        exitCode: 0,
        counts: [1, 0, 0],
      },
      {
        name: "counts what fails",
        files: { "a/x_test.ts": `${passing} Deno.test("no", () => { throw new Error(); });` },
        exitCode: 1,
        counts: [1, 1, 0],
      },
      {
        name: "gives the permissions of the suite only",
        files: { "a/x_test.ts": `Deno.test("w", () => Deno.writeTextFileSync("y", ""));` },
        exitCode: 1,
        counts: [0, 1, 0],
      },
      {
        name: "notices a module that does not load",
        files: { "a/x_test.ts": passing, "a/y_test.ts": `throw new Error("broken");` },
        exitCode: 1,
        counts: [1, 0, 0],
      },
      {
        name: "runs nothing when the suite has no files",
        files: { "b/x_test.ts": passing },
        exitCode: 0,
        counts: [0, 0, 0],
      },
      {
        name: "passes arguments on",
        files: { "a/x_test.ts": passing },
        args: ["--filter=other"],
        exitCode: 0,
        counts: [0, 0, 1],
      },
      {
        name: "runs the files of the arguments instead of its own",
        files: { "a/x_test.ts": passing, "b/x_test.ts": passing + passing.replace("passes", "too") },
        args: ["b/x_test.ts"],
        exitCode: 0,
        counts: [2, 0, 0],
      },
    ];
  for (const { name, files, args = [], exitCode, counts: [passed, failed, ignored] } of cases) {
    await t.step(name, () =>
      withFiles(files, async (root) => {
        const outcome = await runSuite(SUITE, { root, args, quiet: true });
        assertEquals<unknown>(outcome, { suite: "unit", kind: "ran", exitCode, counts: { passed, failed, ignored } });
      }));
  }
  await t.step(
    "keeps the output in a log",
    () =>
      withFiles({ "a/x_test.ts": `Deno.test("says", () => console.log("hello"));` }, async (root) => {
        await runSuite(SUITE, { root, args: [], quiet: true });
        assertStringIncludes(await Deno.readTextFile(join(root, "logs/test-unit.log")), "hello");
      }),
  );
});

async function withFiles(files: Record<string, string>, check: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "danm-suite-" });
  try {
    await Deno.writeTextFile(join(root, "deno.json"), "{}");
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      await Deno.writeTextFile(join(root, path), text);
    }
    await check(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
