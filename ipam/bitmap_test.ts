import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../tests/support/seeded_random.ts";
import { hasBit } from "./bitmap.ts";

Deno.test("hasBit counts from the most significant bit of the first byte", () => {
  // 1000_0001 0100_0000
  const text = btoa("\x81\x40");
  const set = Array.from({ length: 24 }, (_, index) => index).filter((index) => hasBit(text, index));
  assertEquals(set, [0, 7, 9]);
});

Deno.test("bits beyond the end, and of padding, are not set", () => {
  for (const text of ["", "=", "====", btoa("\xff"), btoa("\xff\xff")]) {
    const bits = text.replaceAll("=", "").length === 0 ? 0 : atob(text).length * 8;
    for (const index of [bits, bits + 1, bits + 5, bits + 1000, 2 ** 31, 2 ** 53]) {
      assertEquals(hasBit(text, index), false);
    }
  }
});

Deno.test("hasBit reads any bitmap as decoding all of it would, also one of 8 million bits", () => {
  const random = seededRandom(1);
  for (const bytes of [1, 2, 3, 4, 31, 32, 1 << 20]) {
    const raw = Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256));
    const text = raw.toBase64();
    for (let look = 0; look < 500; look++) {
      const index = Math.floor(random() * bytes * 8);
      assertEquals(hasBit(text, index), ((raw[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0);
    }
  }
});

Deno.test("the cost of a bit does not depend on the size of the bitmap", () => {
  const text = "/".repeat(1_400_000);
  const start = performance.now();
  for (let look = 0; look < 100_000; look++) hasBit(text, 8_000_000 + look);
  const ms = performance.now() - start;
  assert(ms < 2000, `100,000 looks took ${ms} ms`);
});
