import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { run } from "../../tests/support/run.ts";
import { countJunit } from "./junit.ts";
import { type Outcome, summarize, totalLine } from "./summary.ts";

Deno.test("countJunit counts what deno test reports", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      join(dir, "a_test.ts"),
      `
      Deno.test("passes", async (t) => { await t.step("step", () => {}); await t.step({ name: "no", ignore: true, fn() {} }); });
      Deno.test("fails <testcase & '<skipped", async (t) => { await t.step("<failure", () => { throw new Error("<testcase "); }); });
      Deno.test({ name: "ignored", ignore: true, fn() {} });
    `,
    );
    const report = join(dir, "report.xml");
    await run([Deno.execPath(), "test", "--no-config", "--no-lock", `--junit-path=${report}`, dir], { check: false });
    assertEquals(countJunit(await Deno.readTextFile(report)), { passed: 2, failed: 2, ignored: 2 });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("summarize", async (t) => {
  const ran = (passed: number, failed = 0, ignored = 0, exitCode = failed > 0 ? 1 : 0): Outcome => ({
    suite: "unit",
    kind: "ran",
    exitCode,
    counts: { passed, failed, ignored },
  });
  const skipped: Outcome = { suite: "node", kind: "skipped", reasons: ["needs root"] };
  const cases: { name: string; outcomes: Outcome[]; strict?: boolean; total: string; remarks?: string[] }[] = [
    { name: "adds suites", outcomes: [ran(3), ran(4, 1)], total: "7 passed, 1 failed" },
    {
      name: "fails a suite without tests",
      outcomes: [ran(0)],
      total: "0 passed, 1 failed",
      remarks: ["unit: no test ran"],
    },
    {
      name: "fails when a module does not load",
      outcomes: [ran(3, 0, 0, 1)],
      total: "3 passed, 1 failed",
      remarks: ["unit: ended with 1, see above"],
    },
    { name: "lets a developer ignore tests", outcomes: [ran(3, 0, 2)], total: "3 passed, 0 failed" },
    {
      name: "lets CI ignore none",
      outcomes: [ran(3, 0, 2)],
      strict: true,
      total: "3 passed, 1 failed",
      remarks: ["unit: 2 tests or steps ignored, which CI does not accept"],
    },
    {
      name: "tells a developer what was skipped",
      outcomes: [ran(1), skipped],
      total: "1 passed, 0 failed",
      remarks: ["node: not run: needs root"],
    },
    {
      name: "fails a skipped suite in CI",
      outcomes: [ran(1), skipped],
      strict: true,
      total: "1 passed, 1 failed",
      remarks: ["node: not run: needs root"],
    },
  ];
  for (const { name, outcomes, strict = false, total, remarks = [] } of cases) {
    await t.step(name, () => {
      const summary = summarize(outcomes, { strict });
      assertEquals(totalLine(summary), total);
      assertEquals(summary.remarks, remarks);
    });
  }
});
