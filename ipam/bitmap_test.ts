import { assertEquals } from "@std/assert";
import { seededRandom } from "../tests/support/seeded_random.ts";
import { countBits, firstAddedBit, hasBit, nextClearBit, nextSetBit, nthClearBit } from "./bitmap.ts";

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

/** Texts as the original wrote them, cut off, without padding, and such as nobody should write. */
function anyText(random: () => number): string {
  const density = random();
  const value = (): number => random() < 0.2 ? Math.floor(random() * 256) : random() < density ? 255 : 0;
  const text = Uint8Array.from({ length: Math.floor(random() * 30) }, value).toBase64();
  const strange = [
    "",
    "",
    text.replaceAll("=", ""),
    text.slice(0, Math.floor(random() * text.length)),
    "=",
    "//é/ -_/=/",
  ];
  return strange[Math.floor(random() * 10)] || text;
}

Deno.test("searching and counting say what looking at each bit says", () => {
  const random = seededRandom(2);
  for (let round = 0; round < 300; round++) {
    const text = anyText(random);
    const end = text.length * 6 + 9;
    const bits = Array.from({ length: end }, (_, index) => hasBit(text, index));
    const at = (from: number, set: boolean): number => bits.indexOf(set, from);
    for (let from = 0; from < end - 8; from++) {
      assertEquals(nextClearBit(text, from), at(from, false), `${text} from ${from}`);
      assertEquals(nextSetBit(text, from), at(from, true) < 0 ? undefined : at(from, true), `${text} from ${from}`);
      const to = from + Math.floor(random() * (end - from));
      assertEquals(countBits(text, from, to), bits.slice(from, to).filter(Boolean).length, `${text} ${from}-${to}`);
      const clear = bits.flatMap((set, index) => set || index < from ? [] : [index]);
      const skip = Math.floor(random() * clear.length);
      assertEquals(nthClearBit(text, from, skip), clear[skip], `${text} from ${from} skip ${skip}`);
    }
    assertEquals(nthClearBit(text, end + 5, 7), end + 12);
    assertEquals([countBits(text, end, end + 100), nextClearBit(text, end + 2), nextSetBit(text, end)], [
      0,
      end + 2,
      undefined,
    ]);
  }
});

Deno.test("a full and an empty bitmap of 8 million bits are searched from end to end", () => {
  const full = new Uint8Array(1 << 20).fill(255).toBase64();
  assertEquals([nextClearBit(full, 0), nextClearBit(full, 5_000_001), nthClearBit(full, 0, 3)], [
    1 << 23,
    1 << 23,
    (1 << 23) + 3,
  ]);
  assertEquals([countBits(full, 0, 1 << 23), countBits(full, 7, (1 << 23) - 7)], [1 << 23, (1 << 23) - 14]);
  assertEquals(nextSetBit(new Uint8Array(1 << 20).toBase64(), 0), undefined);
});

Deno.test("firstAddedBit finds what was set, and nothing where bits were cleared", () => {
  const of = (...bytes: number[]): string => btoa(String.fromCharCode(...bytes));
  const cases: readonly [now: string, before: string, added: number | undefined][] = [
    ["", "", undefined],
    [of(0x81), of(0x81), undefined],
    [of(0x01), of(0x81), undefined],
    ["", of(0x81), undefined],
    [of(0x81), of(0x01), 0],
    [of(0x81), "", 0],
    [of(0x00, 0x00), "", undefined],
    [of(0xff), of(0xff, 0xff), undefined],
    [of(0xff, 0x00), of(0xff), undefined],
    [of(0xff, 0x01), of(0xff), 15],
    [of(0x00, 0x10), of(0xff, 0x01), 11],
    ["gAA", "gAA=", undefined],
  ];
  for (const [now, before, added] of cases) assertEquals(firstAddedBit(now, before), added, `${before} → ${now}`);
});

Deno.test("firstAddedBit agrees with a look at each bit", () => {
  const random = seededRandom(11);
  const next = (below: number): number => Math.floor(random() * below);
  for (let round = 0; round < 200; round++) {
    const bytes = (): number[] => Array.from({ length: next(9) }, () => next(256) & next(256));
    const [now, before] = [bytes(), bytes()].map((of) => btoa(String.fromCharCode(...of)));
    const expected = Array.from({ length: 96 }, (_, index) => index)
      .find((index) => hasBit(now ?? "", index) && !hasBit(before ?? "", index));
    assertEquals(firstAddedBit(now ?? "", before ?? ""), expected);
  }
});
