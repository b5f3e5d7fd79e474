import { assert, assertEquals } from "@std/assert";
import { formatAddress } from "../shared/schema/address.ts";
import type { PoolStatus } from "../shared/schema/network.ts";
import { seededRandom } from "../tests/support/seeded_random.ts";
import { Probes, PROBING, type ProbingPolicy } from "./allocate_probes.ts";
import { findSubnet } from "./subnet.ts";

/** Misses until nothing more is tried by name; `N` = named by status, `r` = at random. */
function missAll(prefix: number, status?: PoolStatus, policy: Partial<ProbingPolicy> = {}): string {
  const subnet = findSubnet({ spec: { Options: { cidr: `10.0.0.0/${prefix}` } } }, { family: 4, subject: "n" });
  assert(subnet);
  const probes = new Probes(subnet, { status, policy: { ...PROBING, ...policy }, random: seededRandom(5) });
  const seen = new Set<bigint>();
  let kinds = "";
  for (let value = probes.next(); value !== undefined; value = probes.next()) {
    assert(!seen.has(value), `${value} is tried twice`);
    seen.add(value);
    kinds += status?.freeCandidates?.includes(formatAddress({ family: 4, value })) ? "N" : "r";
    probes.miss(value);
  }
  assertEquals(probes.misses, seen.size);
  return kinds;
}

const named = (count: number): string[] => Array.from({ length: count }, (_, index) => `10.0.0.${index + 1}`);

Deno.test("what is tried, and how often, follows what status knows", async (t) => {
  const random = (count: number): string => "r".repeat(count);
  const cases: [string, string, string][] = [
    ["a small pool of which nothing is known", missAll(24), random(3)],
    ["a small pool with room", missAll(24, { capacity: 254, allocated: 100 }), random(8)],
    ["a small pool without much room", missAll(24, { capacity: 254, allocated: 240 }), random(3)],
    ["a small pool with names", missAll(24, { capacity: 254, allocated: 244, freeCandidates: named(10) }), "NNNN"],
    ["a small pool with one name", missAll(24, { capacity: 254, allocated: 253, freeCandidates: named(1) }), "N"],
    ["a small pool that is full", missAll(24, { capacity: 254, allocated: 254 }), random(1)],
    ["a pool of two", missAll(30), random(2)],
    ["a tiny pool, whatever status says", missAll(28, { capacity: 14, allocated: 14 }), random(14)],
    [
      "a tiny pool with names",
      missAll(28, { capacity: 14, allocated: 12, freeCandidates: named(2) }),
      `NN${random(12)}`,
    ],
    ["a large pool of which nothing is known", missAll(16), random(64)],
    ["a large pool that is full", missAll(16, { capacity: 65534, allocated: 65534 }), random(8)],
    [
      "a large pool, 90 % held: random takes over after a few names",
      missAll(16, { capacity: 1000, allocated: 900, freeCandidates: named(50) }),
      `NNN${random(61)}`,
    ],
    [
      "a large pool, 99 % held: names are better for longer",
      missAll(16, { capacity: 1000, allocated: 990, freeCandidates: named(50) }),
      `${"N".repeat(25)}${random(39)}`,
    ],
    [
      "a status that contradicts itself is good for its names",
      missAll(16, { capacity: 10, allocated: 20, freeCandidates: named(5) }),
      `NNNNN${random(59)}`,
    ],
    ["a status without capacity", missAll(16, { capacity: 0, allocated: 0 }), random(8)],
    [
      "random probes first, where the policy says so",
      missAll(24, { capacity: 254, allocated: 250, freeCandidates: named(4) }, { randomFirst: 2 }).replace(/^N*r/, "r"),
      "rrNN",
    ],
  ];
  for (const [name, found, expected] of cases) await t.step(name, () => assertEquals(found, expected));
});

Deno.test("names are tried in an order of each caller's own", () => {
  const subnet = findSubnet({ spec: { Options: { cidr: "10.0.0.0/16" } } }, { family: 4, subject: "n" });
  assert(subnet);
  const status = { capacity: 65534, allocated: 65000, freeCandidates: named(200) };
  const firsts = new Set(
    Array.from(
      { length: 50 },
      (_, seed) => new Probes(subnet, { status, policy: PROBING, random: seededRandom(seed) }).next(),
    ),
  );
  assert(firsts.size > 35, `${firsts.size} different addresses for 50 callers`);
});

Deno.test("what the node freed last is tried when nothing else is left, and then what it freed longest ago first", async (t) => {
  const cases: [string, number, PoolStatus | undefined, number][] = [
    ["a tiny pool", 28, undefined, 14],
    ["a tiny pool whose status names them", 28, { capacity: 14, allocated: 12, freeCandidates: named(3) }, 14],
    ["a pool that is listed", 24, undefined, 3],
    [
      "a pool that is listed, whose status names them",
      24,
      { capacity: 254, allocated: 250, freeCandidates: named(3) },
      0,
    ],
    ["a large pool", 16, undefined, 67],
    ["a large pool that is full", 16, { capacity: 65534, allocated: 65534 }, 11],
    ["a large pool whose status names them", 16, { capacity: 9999, allocated: 9990, freeCandidates: named(3) }, 67],
  ];
  for (const [name, prefix, status, count] of cases) {
    await t.step(name, () => {
      const subnet = findSubnet({ spec: { Options: { cidr: `10.0.0.0/${prefix}` } } }, { family: 4, subject: "n" });
      assert(subnet);
      const freed = [subnet.first + 1n, subnet.first + 2n, subnet.first];
      const probes = new Probes(subnet, { status, freed, policy: PROBING, random: seededRandom(5) });
      const tried: bigint[] = [];
      for (let value = probes.next(); value !== undefined; value = probes.next()) {
        tried.push(value);
        probes.miss(value);
      }
      const isListed = prefix === 24;
      assertEquals(tried.length, count);
      assertEquals(tried.filter((value) => freed.includes(value)), isListed ? [] : freed.toReversed());
      assertEquals(isListed ? [] : tried.slice(-3), isListed ? [] : freed.toReversed());
      assertEquals(probes.triedAll, prefix === 28);
    });
  }
});

Deno.test("of a pool that would be listed, nothing but what the node freed last is left: no list is needed", () => {
  const bits = new Uint8Array(32).fill(0xff);
  bits[10] = 0b1111_0011;
  const options = { cidr: "10.0.0.0/24", alloc: bits.toBase64() };
  const subnet = findSubnet({ spec: { Options: options } }, { family: 4, subject: "n" });
  assert(subnet);
  const free = subnet.cidr.base + 84n;
  const probes = new Probes(subnet, {
    status: undefined,
    freed: [free],
    policy: PROBING,
    random: seededRandom(1),
  });
  for (const expected of [free + 1n, free]) {
    assertEquals(probes.next(), expected);
    probes.miss(expected);
  }
  assertEquals([probes.next(), probes.triedAll], [undefined, true]);
});
