import { assert, assertEquals } from "@std/assert";
import { formatAddress, parseAddress } from "../shared/schema/address.ts";
import type { NetworkOptions } from "../shared/schema/network.ts";
import { seededRandom } from "../tests/support/seeded_random.ts";
import { anyOptions, asIpv6 } from "../tests/support/ipam/any_options.ts";
import { subnetOf } from "../tests/support/ipam/subnet_of.ts";
import { countDynamic, nextDynamic } from "./next_dynamic.ts";
import { isDynamic, isInBitmap } from "./subnet.ts";

Deno.test("nextDynamic and countDynamic say what looking at every address of the pool says", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 500; round++) {
    const family = round % 2 === 0 ? 4 : 6;
    const options = family === 4 ? anyOptions(random) : asIpv6(anyOptions(random));
    const subnet = subnetOf(options, family);
    const dynamic: bigint[] = [];
    for (let value = subnet.first; value <= subnet.last; value++) if (isDynamic(subnet, value)) dynamic.push(value);
    const message = JSON.stringify(options);
    assertEquals(countDynamic(subnet), dynamic.length, message);
    for (let from = subnet.first - 2n; from <= subnet.last + 2n; from++) {
      const inside = from >= subnet.first && from <= subnet.last;
      const expected = inside ? dynamic.find((value) => value >= from) ?? dynamic[0] : dynamic[0];
      assertEquals(nextDynamic(subnet, from), expected, `${message} from ${from}`);
    }
  }
});

Deno.test("walking a small pool with nextDynamic gives each of its countDynamic addresses once", () => {
  const random = seededRandom(11);
  for (let round = 0; round < 300; round++) {
    const family = round % 2 === 0 ? 4 : 6;
    const options = family === 4 ? anyOptions(random) : asIpv6(anyOptions(random));
    const subnet = subnetOf(options, family);
    const walked: bigint[] = [];
    let next = nextDynamic(subnet, subnet.first + BigInt(Math.floor(random() * 8)));
    while (next !== undefined && !walked.includes(next)) {
      walked.push(next);
      next = nextDynamic(subnet, next + 1n);
    }
    const message = JSON.stringify(options);
    assertEquals(walked.length, countDynamic(subnet), message);
    for (const value of walked) {
      assert(value >= subnet.first && value <= subnet.last, message);
      assert(!subnet.forbidden.has(value) && !subnet.gateways.has(value) && !isInBitmap(subnet, value), message);
    }
  }
});

Deno.test("one address that is free in a full bitmap of 8 million bits is found from everywhere", () => {
  const bytes = new Uint8Array(1 << 20).fill(255);
  const free = 5_000_001;
  bytes[free >> 3] = 255 & ~(0x80 >> (free & 7));
  const networks: { options: NetworkOptions; family: 4 | 6; is: string }[] = [
    { options: { cidr: "10.0.0.0/9", alloc: bytes.toBase64() }, family: 4, is: "10.76.75.65" },
    { options: { net6: "::/64", alloc6: bytes.toBase64() }, family: 6, is: "::4c:4b41" },
  ];
  for (const { options, family, is } of networks) {
    const subnet = subnetOf(options, family);
    assertEquals(countDynamic(subnet), 1);
    const { value } = parseAddress(is);
    for (const from of [subnet.first, value - 1n, value, value + 1n, subnet.last]) {
      const found = nextDynamic(subnet, from);
      assert(found !== undefined);
      assertEquals(formatAddress({ family, value: found }), is);
    }
  }
});

Deno.test("a pool of which a bitmap has taken everything gives nothing", () => {
  const subnet = subnetOf({ cidr: "10.0.0.0/9", alloc: new Uint8Array(1 << 20).fill(255).toBase64() }, 4);
  assertEquals([nextDynamic(subnet, subnet.first + 4_000_000n), countDynamic(subnet)], [undefined, 0]);
});
