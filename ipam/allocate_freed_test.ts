import { assertEquals } from "@std/assert";
import { MAX_FREED, withFreed } from "./allocate_freed.ts";

Deno.test("a node remembers what it freed last, the latest first, each once", () => {
  let freed: readonly bigint[] = [];
  for (let value = 1n; value <= 20n; value++) freed = withFreed(freed, value);
  assertEquals(freed, Array.from({ length: MAX_FREED }, (_, index) => 20n - BigInt(index)));
  assertEquals(withFreed([3n, 2n, 1n], 2n), [2n, 3n, 1n]);
});
