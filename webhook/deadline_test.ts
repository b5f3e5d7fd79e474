import { assertEquals } from "@std/assert";
import { deadlineMs } from "./deadline.ts";

Deno.test("deadlineMs leaves time for the way back, and believes no nonsense", async (t) => {
  const cases: [string | undefined, number][] = [
    ["10s", 9_500],
    ["1s", 900],
    ["5s", 4_500],
    ["1.5s", 1_350],
    ["500ms", 450],
    ["30s", 29_500],
    ["1m0s", 29_500],
    ["1h", 29_500],
    ["1s500ms", 1_350],
    [undefined, 9_500],
    ["", 9_500],
    ["0s", 9_500],
    ["-3s", 9_500],
    ["10", 9_500],
    ["ten seconds", 9_500],
    ["1e9s", 9_500],
    ["9999999999999999s", 9_500],
  ];
  for (const [timeout, ms] of cases) await t.step(String(timeout), () => assertEquals(deadlineMs(timeout), ms));
});
