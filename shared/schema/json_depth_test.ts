import { assertEquals } from "@std/assert";
import { isDeeperThan, MAX_DEPTH } from "./json_depth.ts";

Deno.test("levels are objects and lists within each other; any number of them ends", () => {
  const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
  assertEquals([0, 1, 2, 3].map((levels) => isDeeperThan({ a: [1, {}] }, levels)), [true, true, true, false]);
  for (const value of [null, 1, "text", undefined]) assertEquals(isDeeperThan(value, 0), false);
  assertEquals([100, 101, 200_000].map((levels) => isDeeperThan(nested(levels), MAX_DEPTH)), [false, true, true]);
});
