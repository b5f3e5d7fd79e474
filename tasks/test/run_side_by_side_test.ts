import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join } from "node:path";
import { runSideBySide, type SideBySideOptions } from "./run_side_by_side.ts";
import type { Suite } from "./suites.ts";
import type { Outcome } from "./summary.ts";

const SUITE: Suite = {
  name: "node",
  against: "nothing",
  paths: ["a", "no-such-folder"],
  ignore: [],
  permissions: ["--allow-read"],
  longest: ["a/z_test.ts"],
  lab: false,
};

const passing = `Deno.test("passes", () => console.log("hello"));`;

Deno.test("files that run side by side are counted one by one", () =>
  withFiles({
    "a/good_test.ts": passing,
    "a/deeper/good_test.ts": passing + passing.replace("passes", "too"),
    "a/bad_test.ts": `${passing} Deno.test("no", () => { throw new Error("no"); });`,
    "a/broken_test.ts": `throw new Error("broken");`,
    "a/empty_test.ts": "",
    "a/odd_test.ts": `Deno.test({ name: "ignored", ignore: true, fn() {} });`,
    "a/forbidden_test.ts": `Deno.test("writes", () => Deno.writeTextFileSync("y", ""));`,
    "a/no_test_at_all.ts": passing,
    "b/other_test.ts": passing,
  }, async (options) => {
    const outcomes = await runSideBySide([SUITE], options);
    assertEquals(outcomes.map(inShort).sort(), [
      "node a/bad_test.ts: 1 1 0, code 1",
      "node a/broken_test.ts: 0 0 0, code 1",
      "node a/deeper/good_test.ts: 2 0 0, code 0",
      "node a/empty_test.ts: 0 0 0, code 0",
      "node a/forbidden_test.ts: 0 1 0, code 1",
      "node a/good_test.ts: 1 0 0, code 0",
      "node a/odd_test.ts: 0 0 1, code 0",
    ]);
  }));

Deno.test("the longest files begin first; output comes in one piece, to the suite's log too", () =>
  withFiles({ "a/b_test.ts": passing, "a/z_test.ts": passing }, async (options) => {
    const begun: string[] = [];
    const printed: string[] = [];
    await runSideBySide([SUITE], {
      ...options,
      lanes: 1,
      progress: (line) => void begun.push(line),
      print: (text) => void printed.push(text),
    });
    assertEquals(begun, ["── node a/z_test.ts", "── node a/b_test.ts"]);
    assertEquals(printed.map((text) => text.split("\n")[0]), begun.map((line) => line.replace("──", "── output of")));
    assertStringIncludes(printed[0] ?? "", "hello");
    assertEquals(await Deno.readTextFile(join(options.root, "logs/test-node.log")), printed.join(""));
    assertStringIncludes(await Deno.readTextFile(join(options.root, "logs/a/b_test.ts.log")), "hello");
  }));

Deno.test("where types are wrong nothing runs, which is a failure", () =>
  withFiles(
    { "a/good_test.ts": passing, "a/typed_test.ts": `${passing} const x: number = "x"; x;` },
    async (options) => {
      assertEquals((await runSideBySide([SUITE], options)).map(inShort), ["types: 0 0 0, code 1"]);
    },
  ));

Deno.test("a suite without files ran no test", () =>
  withFiles({ "b/good_test.ts": passing }, async (options) => {
    assertEquals((await runSideBySide([SUITE], options)).map(inShort), ["node: 0 0 0, code 0"]);
  }));

Deno.test("an interrupted run has no outcome", () =>
  withFiles({ "a/good_test.ts": passing }, async (options) => {
    const signal = AbortSignal.abort(new Error("interrupted"));
    await assertRejects(() => runSideBySide([SUITE], { ...options, signal }), Error, "interrupted");
  }));

function inShort(outcome: Outcome): string {
  assert(outcome.kind === "ran");
  const { passed, failed, ignored } = outcome.counts;
  return `${outcome.suite}: ${passed} ${failed} ${ignored}, code ${outcome.exitCode}`;
}

async function withFiles(
  files: Record<string, string>,
  check: (options: SideBySideOptions) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "danm-lanes-" });
  try {
    await Deno.writeTextFile(join(root, "deno.json"), "{}");
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      await Deno.writeTextFile(join(root, path), text);
    }
    const silent = (): void => {};
    await check({ root, lanes: 2, signal: new AbortController().signal, progress: silent, print: silent });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
