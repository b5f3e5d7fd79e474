import { assert, assertEquals } from "@std/assert";
import { formatAddress, parseAddress } from "../shared/schema/address.ts";
import { type NetworkOptions, PoolStatus } from "../shared/schema/network.ts";
import { anyOptions, asIpv6 } from "../tests/support/ipam/any_options.ts";
import { heldAddress, networkOf } from "../tests/support/ipam/held_address.ts";
import { seededRandom } from "../tests/support/seeded_random.ts";
import { subnetOf } from "../tests/support/ipam/subnet_of.ts";
import { CANDIDATES_FROM } from "./allocate_free_candidates.ts";
import { type Inspection, inspectNetwork } from "./inspect.ts";
import { renderPoolStatus } from "./render_pool_status.ts";
import { isDynamic } from "./subnet.ts";

function inspect(options: NetworkOptions, { family, held }: { family: 4 | 6; held: Iterable<bigint> }): Inspection {
  const danmIps = Array.from(held, (value) => heldAddress({ family, value }));
  const found = inspectNetwork(networkOf(options), { danmIps, subject: "n" }).inspections
    .find(({ subnet }) => subnet.family === family);
  assert(found);
  return found;
}

Deno.test("free addresses are named from the threshold on: all of them where there are few", () => {
  const random = seededRandom(5);
  for (let round = 0; round < 300; round++) {
    const family = round % 2 === 0 ? 4 : 6;
    const options = family === 4 ? anyOptions(random) : asIpv6(anyOptions(random));
    const subnet = subnetOf(options, family);
    const dynamic: bigint[] = [];
    for (let value = subnet.first; value <= subnet.last; value++) if (isDynamic(subnet, value)) dynamic.push(value);
    const share = random();
    const held = new Set(dynamic.filter(() => random() < share));
    const status = renderPoolStatus(inspect(options, { family, held }), random);
    const free = dynamic.filter((value) => !held.has(value)).map((value) => formatAddress({ family, value }));
    const message = JSON.stringify(options);
    assertEquals([status.capacity, status.allocated], [dynamic.length, held.size], message);
    assertEquals(status.freeCandidates, held.size >= CANDIDATES_FROM * dynamic.length ? free : undefined, message);
    assert(PoolStatus.safeParse(status).success);
  }
});

Deno.test("of a large pool, 256 different free addresses from all over it are named", () => {
  const random = seededRandom(9);
  const base = parseAddress("10.0.0.0").value;
  const bytes = new Uint8Array(1 << 20).fill(255);
  // About 40,000 bits are clear, of which 8,000 are held.
  for (let clear = 0; clear < 40_000; clear++) bytes[Math.floor(random() * bytes.length)]! &= ~(1 << (clear & 7));
  const options = { cidr: "10.0.0.0/9", alloc: bytes.toBase64() };
  const { subnet } = inspect(options, { family: 4, held: [] });
  const dynamic: bigint[] = [];
  for (let value = subnet.first; value <= subnet.last; value++) if (isDynamic(subnet, value)) dynamic.push(value);
  const held = new Set(dynamic.filter((_, index) => index % 5 !== 0));
  const { capacity, allocated, freeCandidates = [] } = renderPoolStatus(inspect(options, { family: 4, held }), random);
  assertEquals([capacity, allocated], [dynamic.length, held.size]);
  const values = freeCandidates.map((text) => parseAddress(text).value);
  assertEquals(new Set(values).size, 256);
  assert(values.every((value) => isDynamic(subnet, value) && !held.has(value)));
  const quarters = [0, 0, 0, 0];
  for (const value of values) quarters[Number((value - base) >> 21n)]!++;
  assert(quarters.every((count) => count >= 40), `quarters of the pool: ${quarters.join(" ")}`);
});

Deno.test("each free address is as likely to be named as every other", () => {
  const random = seededRandom(13);
  const options = { cidr: "10.0.0.0/21", allocation_pool: { start: "10.0.0.1", end: "10.0.7.254" } };
  const { subnet } = inspect(options, { family: 4, held: [] });
  const held: bigint[] = [];
  // The first three quarters are held: a gap of 512 is left, and half of it is named each time.
  for (let value = subnet.first; value < subnet.last - 510n; value++) held.push(value);
  const inspection = inspect(options, { family: 4, held });
  const times = new Map<string, number>();
  for (let round = 0; round < 400; round++) {
    for (const text of renderPoolStatus(inspection, random).freeCandidates ?? []) {
      times.set(text, (times.get(text) ?? 0) + 1);
    }
  }
  assertEquals(times.size, 511);
  // 400 times 256 of 511: 200 on average, standard deviation 10.
  const counts = [...times.values()];
  assert(Math.min(...counts) > 150 && Math.max(...counts) < 250, `${Math.min(...counts)}–${Math.max(...counts)}`);
});
