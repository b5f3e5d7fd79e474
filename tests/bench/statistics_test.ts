import { assertEquals, assertThrows } from "@std/assert";
import { longestChain, summarize } from "./statistics.ts";

Deno.test("the percentiles of summarize are ranks", () => {
  const ten = summarize([10, 1, 2, 3, 4, 5, 6, 7, 8, 900]);
  assertEquals(ten, { p50: 5, p90: 10, p99: 900, mean: 94.6, max: 900, count: 10 });
  assertEquals(summarize([7]), { p50: 7, p90: 7, p99: 7, mean: 7, max: 7, count: 1 });
  assertThrows(() => summarize([]), RangeError);
});

Deno.test("longestChain counts what came one after the other, not what ran at once", () => {
  const at = (startMs: number, endMs: number): { startMs: number; endMs: number } => ({ startMs, endMs });
  assertEquals(longestChain([]), 0);
  assertEquals(longestChain([at(0, 1), at(0, 2), at(0, 3)]), 1);
  assertEquals(longestChain([at(0, 1), at(1, 2), at(1, 5), at(6, 7)]), 3);
});
