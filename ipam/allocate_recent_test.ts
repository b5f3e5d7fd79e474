import { assertEquals } from "@std/assert";
import { MAX_RECENT, noteTaken } from "./allocate_recent.ts";

Deno.test("a node remembers what it took last, newest first, each once, and not what it missed", () => {
  let recent: readonly bigint[] = [];
  for (let value = 1n; value <= 20n; value++) recent = noteTaken(recent, { taken: value });
  assertEquals(recent, Array.from({ length: MAX_RECENT }, (_, index) => 20n - BigInt(index)));
  assertEquals(noteTaken([3n, 2n, 1n], { taken: 2n }), [2n, 3n, 1n]);
  assertEquals(noteTaken([3n, 2n, 1n], { taken: 9n, missed: 3n }), [9n, 2n, 1n]);
  assertEquals(noteTaken([4n, 3n, 2n, 1n], { taken: 9n, missed: 3n }), [9n, 4n, 2n, 1n]);
});
