import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { formatAddress, formatCidr, parseAddress } from "../shared/schema/address.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import type { NetworkOptions } from "../shared/schema/network.ts";
import { findSubnet, isDynamic, isInBitmap, parseStatic, poolSize, type Subnet, withPrefix } from "./subnet.ts";

const value = (text: string): bigint => parseAddress(text).value;

function subnetOf(options: NetworkOptions, family: 4 | 6): Subnet {
  const subnet = findSubnet(options, family, "DanmNet default/n");
  assert(subnet, `no IPv${family} subnet`);
  return subnet;
}

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
      is: "2001:db8::/64 2001:db8::ab:9-2001:db8::ab:fffe [2001:db8::ab:0 2001:db8::ab:ffff]",
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
  assertEquals(findSubnet({}, 4, "n"), undefined);
  assertEquals(findSubnet({ cidr: "", net6: "" }, 6, "n"), undefined);
  assertEquals(findSubnet({ cidr: "10.0.0.0/24" }, 6, "n"), undefined);
  assertEquals(findSubnet({ net6: "2001:db8::/64" }, 4, "n"), undefined);
  assertEquals(findSubnet({ allocation_pool: { start: "10.0.0.1" }, routes: { "x": "y" } }, 4, "n"), undefined);
});

Deno.test("options that make no sense are refused by their field", async (t) => {
  const cases: { options: NetworkOptions; family: 4 | 6; field: string; says: string }[] = [
    { options: { cidr: "10.0.0.0/8" }, family: 4, field: "cidr", says: "larger than /9" },
    { options: { cidr: "2001:db8::/64" }, family: 4, field: "cidr", says: "not an IPv4 subnet" },
    { options: { net6: "10.0.0.0/24" }, family: 6, field: "net6", says: "not an IPv6 subnet" },
    { options: { cidr: "10.0.0/24" }, family: 4, field: "cidr", says: "10.0.0/24" },
    { options: { cidr: "010.0.0.0/24" }, family: 4, field: "cidr", says: "leading zeros" },
    { options: { cidr: "10.0.0.0" }, family: 4, field: "cidr", says: "prefix length" },
    { options: { net6: "::ffff:10.0.0.0/120" }, family: 6, field: "net6", says: "write it as IPv4" },
    { options: { net6: "2001:db8::/64", cidr: "10.0.0.0/9" }, family: 6, field: "net6", says: "leaves no room" },
    {
      options: { net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::/104" } },
      family: 6,
      field: "allocation_pool_v6.cidr",
      says: "2^23",
    },
    {
      options: { net6: "2001:db8::/64", cidr: "10.0.0.0/32", allocation_pool_v6: { cidr: "2001:db8::/105" } },
      family: 6,
      field: "allocation_pool_v6.cidr",
      says: "2^23",
    },
    {
      options: { net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8:1::/112" } },
      family: 6,
      field: "allocation_pool_v6.cidr",
      says: "is not inside net6",
    },
    {
      options: { net6: "2001:db8::/112", allocation_pool_v6: { cidr: "2001:db8::/111" } },
      family: 6,
      field: "allocation_pool_v6.cidr",
      says: "is not inside net6",
    },
    {
      options: { net6: "2001:db8::/64", allocation_pool_v6: { cidr: "10.0.0.0/24" } },
      family: 6,
      field: "allocation_pool_v6.cidr",
      says: "not an IPv6 subnet",
    },
    {
      options: { net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::/112", end: "2001:db8::1:0" } },
      family: 6,
      field: "allocation_pool_v6.end",
      says: "is not inside 2001:db8::/112",
    },
    {
      options: { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.1.1" } },
      family: 4,
      field: "allocation_pool.start",
      says: "is not inside 10.0.0.0/24",
    },
    {
      options: { cidr: "10.0.0.0/24", allocation_pool: { end: "2001:db8::1" } },
      family: 4,
      field: "allocation_pool.end",
      says: "is not inside",
    },
    {
      options: { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.9", end: "10.0.0.8" } },
      family: 4,
      field: "allocation_pool",
      says: "start 10.0.0.9 is behind end 10.0.0.8",
    },
    {
      options: { cidr: "10.0.0.0/24", allocation_pool: { end: "10.0.0.0" } },
      family: 4,
      field: "allocation_pool",
      says: "start 10.0.0.1 is behind end 10.0.0.0",
    },
    {
      options: { cidr: "10.0.0.0/24", routes: { "0.0.0.0/0": "10.0.1.1" } },
      family: 4,
      field: "routes[0.0.0.0/0]",
      says: "gateway 10.0.1.1 is not inside",
    },
    {
      options: { cidr: "10.0.0.0/24", routes: { "::/0": "10.0.0.1" } },
      family: 4,
      field: "routes[::/0]",
      says: "other family",
    },
    {
      options: { cidr: "10.0.0.0/24", routes: { "default": "10.0.0.1" } },
      family: 4,
      field: "routes[default]",
      says: "default",
    },
    {
      options: { net6: "2001:db8::/64", routes6: { "::/0": "10.0.0.1" } },
      family: 6,
      field: "routes6[::/0]",
      says: "is not inside",
    },
    {
      options: { cidr: "10.0.0.0/24", routes: JSON.parse(`{"__proto__":"10.0.0.1"}`) },
      family: 4,
      field: "routes[__proto__]",
      says: "__proto__",
    },
  ];
  for (const { options, family, field, says } of cases) {
    await t.step(`IPv${family} ${JSON.stringify(options)}`, () => {
      const error = assertThrows(() => findSubnet(options, family, "DanmNet default/n"), SchemaError);
      assertEquals(error.issues.map((issue) => issue.field), [`spec.Options.${field}`]);
      assertStringIncludes(error.message, says);
    });
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

const AT = { subject: "annotation danm.io/interfaces", field: "[0].ip" };

Deno.test("static addresses: inside or outside the pool, gateways too", async (t) => {
  const four = subnetOf({
    cidr: "10.0.0.0/24",
    allocation_pool: { start: "10.0.0.10", end: "10.0.0.20" },
    routes: { "0.0.0.0/0": "10.0.0.1" },
  }, 4);
  const six = subnetOf({ net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::1:0/112" } }, 6);
  const mapped = subnetOf({ net6: "64:ff9b::/96" }, 6);
  const right: { subnet: Subnet; text: string; is: string }[] = [
    { subnet: four, text: "10.0.0.15", is: "10.0.0.15/24" },
    { subnet: four, text: "10.0.0.200/24", is: "10.0.0.200/24" },
    { subnet: four, text: "10.0.0.1", is: "10.0.0.1/24" },
    { subnet: six, text: "2001:DB8:0:0:0::9", is: "2001:db8::9/64" },
    { subnet: six, text: "2001:db8::ffff:ffff:ffff:ffff/64", is: "2001:db8::ffff:ffff:ffff:ffff/64" },
    { subnet: six, text: "2001:db8::", is: "2001:db8::/64" },
    { subnet: mapped, text: "64:ff9b::10.0.0.1", is: "64:ff9b::a00:1/96" },
    { subnet: subnetOf({ cidr: "10.0.0.0/31" }, 4), text: "10.0.0.0/31", is: "10.0.0.0/31" },
  ];
  for (const { subnet, text, is } of right) {
    await t.step(text, () => assertEquals(withPrefix(subnet, parseStatic(subnet, text, AT)), is));
  }
  const wrong: { subnet: Subnet; text: string; says: string }[] = [
    { subnet: four, text: "10.0.1.1", says: "is not inside 10.0.0.0/24" },
    { subnet: four, text: "10.0.0.0", says: "network or broadcast" },
    { subnet: four, text: "10.0.0.255/24", says: "network or broadcast" },
    { subnet: four, text: "10.0.0.5/16", says: "is not the network's, which is /24" },
    { subnet: four, text: "10.0.0.5/", says: "prefix length" },
    { subnet: four, text: "10.0.0", says: "short forms" },
    { subnet: four, text: "", says: "empty" },
    { subnet: four, text: "2001:db8::1", says: "is not inside" },
    { subnet: four, text: "2001:db8::1/24", says: "is not inside" },
    { subnet: six, text: "2001:db8::1:0", says: "first or last of its pool" },
    { subnet: six, text: "2001:db8:0:1::", says: "is not inside" },
    { subnet: six, text: "10.0.0.1", says: "is not inside" },
    {
      subnet: subnetOf({ net6: "::/64", allocation_pool_v6: { cidr: "::1:0/112" } }, 6),
      text: "10.0.0.1",
      says: "is not inside",
    },
    { subnet: six, text: "fe80::1%eth0", says: "zones" },
  ];
  for (const { subnet, text, says } of wrong) {
    await t.step(`not ${JSON.stringify(text)}`, () => {
      const error = assertThrows(() => parseStatic(subnet, text, AT), SchemaError);
      assertEquals([error.subject, error.issues.map(({ field }) => field)], [AT.subject, [AT.field]]);
      assertStringIncludes(error.message, says);
    });
  }
});
