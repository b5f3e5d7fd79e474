import { assert, assertEquals } from "@std/assert";
import type { NetworkOptions } from "../shared/schema/network.ts";
import { seededRandom } from "../tests/support/seeded_random.ts";
import { firstCandidate, freeAddresses, randomCandidate, shuffled } from "./allocate_candidates.ts";
import { freedOf } from "./allocate_freed.ts";
import { findSubnet, isDynamic, type Subnet } from "./subnet.ts";

function subnetOf(options: NetworkOptions, family: 4 | 6 = 4): Subnet {
  const subnet = findSubnet({ spec: { Options: options } }, { family, subject: "n" });
  assert(subnet);
  return subnet;
}

/** A subnet of random size, family, pool, gateways and bitmap. */
function randomSubnet(random: () => number): Subnet {
  const pick = (count: number): number => Math.floor(random() * count);
  const prefix = 22 + pick(11);
  const size = 2 ** (32 - prefix);
  const family = random() < 0.5 ? 4 : 6;
  const base = family === 4
    ? (10n << 24n) + BigInt(pick(1000) * size)
    : (0x20010db8n << 96n) + BigInt(pick(1000) * size);
  const edges = size > 2 ? [base, base + BigInt(size - 1)] : [];
  const ends = [pick(size), pick(size)].sort((a, b) => a - b).map((at) => base + BigInt(at));
  const bits = Uint8Array.from({ length: Math.ceil(size / 8) }, () => random() < 0.3 ? pick(256) : 0);
  return {
    family,
    cidr: { family, base, prefix: family === 4 ? prefix : prefix + 96, host: base },
    first: ends[0] ?? base,
    last: ends[1] ?? base,
    forbidden: new Set(edges),
    gateways: new Set(Array.from({ length: pick(4) }, () => base + BigInt(pick(size)))),
    bitmap: random() < 0.5 ? { text: bits.toBase64(), base, last: base + BigInt(size - 1) } : undefined,
  };
}

function dynamicOf(subnet: Subnet): bigint[] {
  const all: bigint[] = [];
  for (let at = subnet.first; at <= subnet.last; at++) if (isDynamic(subnet, at)) all.push(at);
  return all;
}

Deno.test("candidates are only ever addresses that the pool may give, whatever the pool and the hint", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const random = seededRandom(seed);
    const subnet = randomSubnet(random);
    const may = new Set(dynamicOf(subnet));
    const starts = [undefined, subnet.first - 1n, subnet.last, subnet.last + 5n, 0n, 2n ** 128n, subnet.first];
    for (const lastTaken of starts) {
      const first = firstCandidate(subnet, { lastTaken, nodeOffset: random() });
      assertEquals(first === undefined, may.size === 0, `seed ${seed}`);
      if (first !== undefined) assert(may.has(first), `seed ${seed}: ${first}`);
    }
    const other = randomCandidate(subnet, new Set(), random);
    assertEquals(other === undefined, may.size === 0, `seed ${seed}`);
    if (other !== undefined) assert(may.has(other), `seed ${seed}: ${other}`);
  }
});

Deno.test("every address of a small pool is reached, by steps and by search, and none twice", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = seededRandom(seed);
    const subnet = randomSubnet(random);
    const all = dynamicOf(subnet);
    const stepped = new Set<bigint>();
    let lastTaken: bigint | undefined;
    for (let step = 0; step < all.length; step++) {
      lastTaken = firstCandidate(subnet, { lastTaken, nodeOffset: 0 });
      if (lastTaken !== undefined) stepped.add(lastTaken);
    }
    assertEquals([...stepped].sort(), [...all].sort(), `seed ${seed}`);

    const held = new Set(all.filter(() => random() < 0.5));
    assertEquals(freeAddresses(subnet, held), all.filter((value) => !held.has(value)), `seed ${seed}`);
    assertEquals(shuffled(all, random).sort(), [...all].sort(), `seed ${seed}`);
  }
});

Deno.test("a random candidate is none that was tried, and each of a small pool has its turn", () => {
  const subnet = subnetOf({ cidr: "10.0.0.0/28", routes: { "0.0.0.0/0": "10.0.0.1" } });
  const random = seededRandom(7);
  const tried = new Set<bigint>();
  for (let count = 0; count < 13; count++) {
    const candidate = randomCandidate(subnet, tried, random);
    assert(candidate !== undefined && !tried.has(candidate));
    tried.add(candidate);
  }
  assertEquals(randomCandidate(subnet, tried, random), undefined);
  assertEquals([...tried].sort(), dynamicOf(subnet).sort());
});

Deno.test("without a hint a node begins at its own place; with one behind it, around the end", () => {
  const subnet = subnetOf({ cidr: "10.0.0.0/24" });
  const { first, last } = subnet;
  const cases: [Parameters<typeof firstCandidate>[1], bigint][] = [
    [{ nodeOffset: 0 }, first],
    [{ nodeOffset: 0.5 }, first + 127n],
    [{ nodeOffset: 0.999 }, last],
    [{ nodeOffset: 0.5, lastTaken: first }, first + 1n],
    [{ nodeOffset: 0.5, lastTaken: last }, first],
    [{ nodeOffset: 0.5, lastTaken: first, freed: [first + 1n, first + 3n] }, first + 2n],
    [{ nodeOffset: 0.5, lastTaken: last, freed: [first, first + 1n] }, first + 2n],
  ];
  for (const [start, expected] of cases) assertEquals(firstCandidate(subnet, start), expected);
});

Deno.test("where a pool has nothing but what a node freed last, what it freed longest ago comes first", () => {
  const subnet = subnetOf({ cidr: "10.0.0.0/30" });
  const { first, last } = subnet;
  assertEquals(firstCandidate(subnet, { nodeOffset: 0, freed: [first, last] }), last);
  assertEquals(firstCandidate(subnet, { nodeOffset: 0, lastTaken: first, freed: [last, first] }), first);
});

Deno.test("what a node remembers of another pool does not count", () => {
  const subnet = subnetOf({ cidr: "10.0.0.0/24" });
  const { first, last } = subnet;
  assertEquals(freedOf(subnet, [0n, last + 1n, first + 7n, first - 1n, last]), [first + 7n, last]);
  for (const lastTaken of [2n, first - 1n, last + 1n, last + 300n]) {
    assertEquals(firstCandidate(subnet, { nodeOffset: 0.5, lastTaken }), first + 127n);
  }
});

Deno.test("a large pool's candidates are spread over all of it", () => {
  const subnet = subnetOf({ net6: "2001:db8::/64" }, 6);
  const random = seededRandom(3);
  const eighths = new Set<bigint>();
  for (let count = 0; count < 200; count++) {
    const candidate = randomCandidate(subnet, new Set(), random);
    assert(candidate !== undefined);
    eighths.add((candidate - subnet.first) >> 20n);
  }
  assertEquals(eighths.size, 8);
});

Deno.test("a short run that a legacy bitmap leaves is given from all of it, and to its end", () => {
  const bits = new Uint8Array(1 << 20).fill(0xff);
  bits.fill(0, 500_000, 500_008);
  const subnet = subnetOf({ cidr: "10.0.0.0/9", alloc: bits.toBase64() });
  const base = subnet.cidr.base + 4_000_000n;
  const random = seededRandom(1);
  const firsts = new Set(Array.from({ length: 400 }, () => randomCandidate(subnet, new Set(), random)));
  assert(firsts.size > 40, `only ${firsts.size} of 64 are ever drawn`);
  assert(firstCandidate(subnet, { nodeOffset: 0.9 }) === base);
  const tried = new Set<bigint>();
  for (let count = 0; count < 64; count++) {
    const value = randomCandidate(subnet, tried, random);
    assert(value !== undefined && value >= base && value < base + 64n && !tried.has(value));
    tried.add(value);
  }
  assertEquals(randomCandidate(subnet, tried, random), undefined);
});
