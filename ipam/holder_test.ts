import { assert, assertEquals } from "@std/assert";
import { nodeOffset } from "./holder.ts";

Deno.test("nodes whose names differ in one character are spread over a pool", () => {
  for (const name of ["node-", "worker", "ip-10-0-0-"]) {
    const offsets = Array.from({ length: 100 }, (_, index) => nodeOffset(`${name}${index}`));
    assert(offsets.every((offset) => offset >= 0 && offset < 1));
    const places = new Set(offsets.map((offset) => Math.floor(offset * 254)));
    assert(places.size > 70, `${name}: ${places.size} places of 254 for 100 nodes`);
    assertEquals(new Set(offsets.map((offset) => Math.floor(offset * 8))).size, 8);
  }
});
