import { assertEquals } from "@std/assert";
import { formatAddress, formatCidr, parseAddress } from "../shared/schema/address.ts";
import type { NetworkOptions } from "../shared/schema/network.ts";
import { subnetOf } from "../tests/support/ipam/subnet_of.ts";
import { findSubnet, isDynamic, isInBitmap, LEGACY_MIGRATED, poolSize, type Subnet } from "./subnet.ts";

const value = (text: string): bigint => parseAddress(text).value;

/** `cidr first-last [forbidden]`, as people write it. */
function describe(subnet: Subnet): string {
  const text = (value: bigint): string => formatAddress({ family: subnet.family, value });
  const forbidden = [...subnet.forbidden].map(text).join(" ");
  return `${formatCidr(subnet.cidr)} ${text(subnet.first)}-${text(subnet.last)} [${forbidden}]`;
}

Deno.test("pools of IPv4 networks", async (t) => {
  const cases: { options: NetworkOptions; is: string }[] = [
    { options: { cidr: "10.0.0.0/24" }, is: "10.0.0.0/24 10.0.0.1-10.0.0.254 [10.0.0.0 10.0.0.255]" },
    { options: { cidr: "10.0.0.77/24" }, is: "10.0.0.0/24 10.0.0.1-10.0.0.254 [10.0.0.0 10.0.0.255]" },
    { options: { cidr: "10.0.0.0/30" }, is: "10.0.0.0/30 10.0.0.1-10.0.0.2 [10.0.0.0 10.0.0.3]" },
    { options: { cidr: "10.0.0.0/31" }, is: "10.0.0.0/31 10.0.0.0-10.0.0.1 []" },
    { options: { cidr: "10.0.0.1/31" }, is: "10.0.0.0/31 10.0.0.0-10.0.0.1 []" },
    { options: { cidr: "1.0.0.0/9" }, is: "1.0.0.0/9 1.0.0.1-1.127.255.254 [1.0.0.0 1.127.255.255]" },
    { options: { cidr: "255.255.255.255/32" }, is: "255.255.255.255/32 255.255.255.255-255.255.255.255 []" },
    {
      options: { cidr: "10.0.0.0/31", allocation_pool: { start: "10.0.0.1" } },
      is: "10.0.0.0/31 10.0.0.1-10.0.0.1 []",
    },
    {
      options: { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.9", end: "10.0.0.9" } },
      is: "10.0.0.0/24 10.0.0.9-10.0.0.9 [10.0.0.0 10.0.0.255]",
    },
    { options: { cidr: "10.0.0.9/32" }, is: "10.0.0.9/32 10.0.0.9-10.0.0.9 []" },
    { options: { cidr: "10.0.0.0/9" }, is: "10.0.0.0/9 10.0.0.1-10.127.255.254 [10.0.0.0 10.127.255.255]" },
    {
      options: { cidr: "255.255.255.0/24" },
      is: "255.255.255.0/24 255.255.255.1-255.255.255.254 [255.255.255.0 255.255.255.255]",
    },
    {
      options: { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.10", end: "10.0.0.20" } },
      is: "10.0.0.0/24 10.0.0.10-10.0.0.20 [10.0.0.0 10.0.0.255]",
    },
    {
      options: { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.10" } },
      is: "10.0.0.0/24 10.0.0.10-10.0.0.254 [10.0.0.0 10.0.0.255]",
    },
    {
      options: { cidr: "10.0.0.0/24", allocation_pool: { start: "", end: "10.0.0.7", lastIp: "x" } },
      is: "10.0.0.0/24 10.0.0.1-10.0.0.7 [10.0.0.0 10.0.0.255]",
    },
    {
      options: { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.0", end: "10.0.0.255" } },
      is: "10.0.0.0/24 10.0.0.0-10.0.0.255 [10.0.0.0 10.0.0.255]",
    },
  ];
  for (const { options, is } of cases) {
    await t.step(JSON.stringify(options), () => assertEquals(describe(subnetOf(options, 4)), is));
  }
});

Deno.test("pools of IPv6 networks", async (t) => {
  const cases: { options: NetworkOptions; is: string }[] = [
    {
      options: { net6: "2001:db8::/64" },
      is: "2001:db8::/64 2001:db8::1-2001:db8::7f:fffe [2001:db8:: 2001:db8::7f:ffff]",
    },
    {
      options: { net6: "2001:db8::/64", cidr: "10.0.0.0/24" },
      is: "2001:db8::/64 2001:db8::1-2001:db8::3f:fffe [2001:db8:: 2001:db8::3f:ffff]",
    },
    {
      options: { net6: "2001:db8::/64", cidr: "10.0.0.0/10" },
      is: "2001:db8::/64 2001:db8::1-2001:db8::3f:fffe [2001:db8:: 2001:db8::3f:ffff]",
    },
    { options: { net6: "2001:db8::/120" }, is: "2001:db8::/120 2001:db8::1-2001:db8::fe [2001:db8:: 2001:db8::ff]" },
    { options: { net6: "2001:db8::5/126" }, is: "2001:db8::4/126 2001:db8::5-2001:db8::6 [2001:db8::4 2001:db8::7]" },
    { options: { net6: "2001:db8::5/127" }, is: "2001:db8::4/127 2001:db8::4-2001:db8::5 []" },
    { options: { net6: "2001:db8::5/128" }, is: "2001:db8::5/128 2001:db8::5-2001:db8::5 []" },
    { options: { net6: "64:ff9b::/96" }, is: "64:ff9b::/96 64:ff9b::1-64:ff9b::7f:fffe [64:ff9b:: 64:ff9b::7f:ffff]" },
    {
      options: {
        net6: "2001:DB8:0:0::/64",
        allocation_pool_v6: { cidr: "2001:db8::ab:0/112", start: "2001:0DB8::00ab:0009" },
      },
      is: "2001:db8::/64 2001:db8::ab:9-2001:db8::ab:fffe [2001:db8:: 2001:db8::ab:0 2001:db8::ab:ffff]",
    },
    {
      options: { net6: "64:ff9b::/96", cidr: "10.0.0.0/32" },
      is: "64:ff9b::/96 64:ff9b::1-64:ff9b::3f:fffe [64:ff9b:: 64:ff9b::3f:ffff]",
    },
    { options: { net6: "::/64" }, is: "::/64 ::1-::7f:fffe [:: ::7f:ffff ::1]" },
    { options: { net6: "::/1" }, is: "::/1 ::1-::7f:fffe [:: ::7f:ffff ::1]" },
    { options: { net6: "::2:0:0/96" }, is: "::2:0:0/96 ::2:0:1-::2:7f:fffe [::2:0:0 ::2:7f:ffff]" },
    {
      options: {
        net6: "fdff:ffff:ffff:ffff::/64",
        allocation_pool_v6: { cidr: "fdff:ffff:ffff:ffff:ffff:ffff:ffff:0/112" },
      },
      is: "fdff:ffff:ffff:ffff::/64 fdff:ffff:ffff:ffff:ffff:ffff:ffff:1-fdff:ffff:ffff:ffff:ffff:ffff:ffff:fffe " +
        "[fdff:ffff:ffff:ffff:: fdff:ffff:ffff:ffff:ffff:ffff:ffff:0 fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]",
    },
    {
      options: { net6: "2001:db8::/105" },
      is: "2001:db8::/105 2001:db8::1-2001:db8::7f:fffe [2001:db8:: 2001:db8::7f:ffff]",
    },
    {
      options: { net6: "2001:db8::/106", cidr: "10.0.0.0/10" },
      is: "2001:db8::/106 2001:db8::1-2001:db8::3f:fffe [2001:db8:: 2001:db8::3f:ffff]",
    },
    {
      options: { net6: "2001:db8::/107", cidr: "10.0.0.0/10" },
      is: "2001:db8::/107 2001:db8::1-2001:db8::1f:fffe [2001:db8:: 2001:db8::1f:ffff]",
    },
    {
      options: { net6: "2001:db8::/64", cidr: "10.0.0.0/10", allocation_pool_v6: { cidr: "2001:db8::/106" } },
      is: "2001:db8::/64 2001:db8::1-2001:db8::3f:fffe [2001:db8:: 2001:db8::3f:ffff]",
    },
    {
      options: { net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::a/127" } },
      is: "2001:db8::/64 2001:db8::a-2001:db8::b [2001:db8::]",
    },
    {
      options: {
        net6: "2001:db8::/64",
        allocation_pool_v6: { cidr: "2001:db8::/112", start: "2001:db8::", end: "2001:db8::ffff" },
      },
      is: "2001:db8::/64 2001:db8::-2001:db8::ffff [2001:db8:: 2001:db8::ffff]",
    },
    {
      options: { net6: "2001:db8::/64", allocation_pool_v6: { end: "2001:db8::20", lastIp: "x" } },
      is: "2001:db8::/64 2001:db8::1-2001:db8::20 [2001:db8:: 2001:db8::7f:ffff]",
    },
    {
      options: { net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::ffff/112" } },
      is: "2001:db8::/64 2001:db8::1-2001:db8::fffe [2001:db8:: 2001:db8::ffff]",
    },
    {
      options: { net6: "2001:db8::/64", allocation_pool_v6: { start: "2001:db8::10", end: "2001:db8::20" } },
      is: "2001:db8::/64 2001:db8::10-2001:db8::20 [2001:db8:: 2001:db8::7f:ffff]",
    },
  ];
  for (const { options, is } of cases) {
    await t.step(JSON.stringify(options), () => assertEquals(describe(subnetOf(options, 6)), is));
  }
});

Deno.test("a network without a subnet of a family has none", () => {
  const cases: { options: NetworkOptions; family: 4 | 6 }[] = [
    { options: {}, family: 4 },
    { options: { cidr: "", net6: "" }, family: 6 },
    { options: { cidr: "10.0.0.0/24" }, family: 6 },
    { options: { net6: "2001:db8::/64" }, family: 4 },
    { options: { allocation_pool: { start: "", end: "", lastIp: "10.0.0.7/24" }, routes: {} }, family: 4 },
    { options: { allocation_pool_v6: { cidr: "", start: "", end: "", lastIp: "::7/64" }, routes6: {} }, family: 6 },
  ];
  for (const { options, family } of cases) {
    assertEquals(findSubnet({ spec: { Options: options } }, { family, subject: "n" }), undefined);
  }
});

Deno.test("gateways, edges and set bits are never given dynamically", () => {
  const options = {
    cidr: "10.0.0.0/29",
    allocation_pool: { start: "10.0.0.0", end: "10.0.0.7" },
    routes: { "0.0.0.0/0": "10.0.0.1", "10.1.0.0/16": "10.0.0.6" },
    // 0000_1000: bit 4 is 10.0.0.4
    alloc: btoa("\x08"),
  };
  const subnet = subnetOf(options, 4);
  const given = [];
  for (let at = subnet.first - 2n; at <= subnet.last + 2n; at++) if (isDynamic(subnet, at)) given.push(at & 7n);
  assertEquals(given, [2n, 3n, 5n]);
  assertEquals([poolSize(subnet), isInBitmap(subnet, value("10.0.0.4"))], [8, true]);
});

Deno.test("a v6 bitmap begins at the pool's subnet, and nothing before it is in the bitmap", () => {
  const subnet = subnetOf({
    net6: "2001:db8::/64",
    allocation_pool_v6: { cidr: "2001:db8::1:0/112" },
    alloc6: btoa("\x40".padEnd(8192, "\0")),
  }, 6);
  assertEquals(isInBitmap(subnet, value("2001:db8::1:1")), true);
  assertEquals(isInBitmap(subnet, value("2001:db8::1:2")), false);
  assertEquals(isInBitmap(subnet, value("2001:db8::1")), false);
});

Deno.test("gateways are reserved wherever they are: in the pool, outside of it, on its edge, several times", () => {
  const routes = {
    "0.0.0.0/0": "10.0.0.1",
    "10.1.0.0/16": "10.0.0.12",
    "10.2.0.0/16": "10.0.0.1",
    "10.3.0.0/16": "10.0.0.0",
  };
  const subnet = subnetOf(
    { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.10", end: "10.0.0.13" }, routes },
    4,
  );
  assertEquals([...subnet.gateways], ["10.0.0.1", "10.0.0.12", "10.0.0.0"].map(value));
  assertEquals([10n, 11n, 12n, 13n].map((host) => isDynamic(subnet, value("10.0.0.0") + host)), [
    true,
    true,
    false,
    true,
  ]);
  const six = subnetOf({
    net6: "64:ff9b::/96",
    routes6: { "::/0": "64:ff9b::1", "64:ff9b:1::/48": "64:ff9b::ffff:ffff" },
  }, 6);
  assertEquals([isDynamic(six, value("64:ff9b::1")), isDynamic(six, value("64:ff9b::2"))], [false, true]);
  assertEquals(six.gateways.has(value("64:ff9b::ffff:ffff")), true);
});

Deno.test("a network whose legacy addresses are migrated has no bitmap any more", async (t) => {
  const Options = { cidr: "10.0.0.0/29", net6: "2001:db8::/125", alloc: "/w==", alloc6: "/w==" };
  const cases = [
    { status: undefined, read: true },
    { status: {}, read: true },
    { status: { conditions: [] }, read: true },
    { status: { conditions: [{ type: LEGACY_MIGRATED, status: "False" as const }] }, read: true },
    { status: { conditions: [{ type: LEGACY_MIGRATED, status: "Unknown" as const }] }, read: true },
    { status: { conditions: [{ type: "Ready", status: "True" as const }] }, read: true },
    {
      status: {
        conditions: [{ type: "Ready", status: "False" as const }, { type: LEGACY_MIGRATED, status: "True" as const }],
      },
      read: false,
    },
  ];
  for (const { status, read } of cases) {
    await t.step(`status ${JSON.stringify(status)}`, () => {
      for (const family of [4, 6] as const) {
        const subnet = findSubnet({ spec: { Options }, status }, { family, subject: "n" });
        assertEquals(subnet && [isInBitmap(subnet, subnet.first), isDynamic(subnet, subnet.first)], [read, !read]);
      }
    });
  }
});

/** A bitmap as the original kept it: a byte for each eight addresses, encoded as a whole. */
function encodeOriginal(size: number, taken: readonly number[]): string {
  const bytes = new Uint8Array(Math.ceil(size / 8));
  for (const index of taken) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (0x80 >> (index & 7));
  return bytes.toBase64();
}

Deno.test("bitmaps of the original: bit 0 is the network address of cidr, or the first of the v6 pool's subnet", () => {
  const taken = [0, 1, 5, 8, 63, 200, 254, 255];
  const alloc = encodeOriginal(256, taken);
  const networks: { options: NetworkOptions; family: 4 | 6; base: string }[] = [
    {
      options: { cidr: "10.0.0.77/24", alloc, allocation_pool: { start: "10.0.0.60" } },
      family: 4,
      base: "10.0.0.0",
    },
    {
      options: { net6: "::/64", alloc6: alloc, allocation_pool_v6: { cidr: "::1:0/120", end: "::1:9" } },
      family: 6,
      base: "::1:0",
    },
  ];
  for (const { options, family, base } of networks) {
    const subnet = subnetOf(options, family);
    const found = Array.from({ length: 300 }, (_, index) => index - 20)
      .filter((index) => isInBitmap(subnet, value(base) + BigInt(index)));
    assertEquals(found, taken);
  }
});

Deno.test("a bitmap that is too short takes nothing behind its end, one that is too long nothing behind the subnet", () => {
  const pool = { cidr: "2001:db8::1:0/120" };
  const short = subnetOf({ net6: "2001:db8::/64", allocation_pool_v6: pool, alloc6: encodeOriginal(16, [14, 15]) }, 6);
  const long = subnetOf(
    { net6: "2001:db8::/64", allocation_pool_v6: pool, alloc6: encodeOriginal(512, [255, 256]) },
    6,
  );
  const base = value("2001:db8::1:0");
  assertEquals([14n, 15n, 16n, 17n].map((index) => isInBitmap(short, base + index)), [true, true, false, false]);
  assertEquals([254n, 255n, 256n].map((index) => isInBitmap(long, base + index)), [false, true, false]);
});
