import { assertEquals } from "@std/assert";
import { planRetirement } from "./plan_retirement.ts";

Deno.test("planRetirement lets versions go that have been superseded for long enough", () => {
  const supersededMs = new Map([["old", 600_000], ["older", 900_000], ["recent", 599_999]]);
  const versions = ["old", "older", "recent", "unknown", "current"];
  assertEquals(planRetirement(versions, { current: "current", supersededMs, graceMs: 600_000 }), ["old", "older"]);
  assertEquals(planRetirement(versions, { current: "old", supersededMs, graceMs: 600_000 }), ["older"]);
});
