import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import type { NetworkOptions } from "../shared/schema/network.ts";
import { findSubnet } from "./subnet.ts";

Deno.test("options that make no sense are refused by their field", async (t) => {
  const cases: { options: NetworkOptions; family: 4 | 6; field: string; says: string }[] = [
    { options: { cidr: "10.0.0.0/8" }, family: 4, field: "cidr", says: "larger than /9" },
    { options: { cidr: "2001:db8::/64" }, family: 4, field: "cidr", says: "not an IPv4 subnet" },
    { options: { net6: "10.0.0.0/24" }, family: 6, field: "net6", says: "not an IPv6 subnet" },
    { options: { cidr: "10.0.0/24" }, family: 4, field: "cidr", says: "10.0.0/24" },
    { options: { cidr: "010.0.0.0/24" }, family: 4, field: "cidr", says: "leading zeros" },
    { options: { cidr: "10.0.0.0" }, family: 4, field: "cidr", says: "prefix length" },
    { options: { net6: "::ffff:10.0.0.0/120" }, family: 6, field: "net6", says: "write it as IPv4" },
    { options: { cidr: "0.1.0.0/16" }, family: 4, field: "cidr", says: "addresses of 0.0.0.0/8, which no interface" },
    { options: { cidr: "127.0.0.1/32" }, family: 4, field: "cidr", says: "addresses of 127.0.0.0/8" },
    { options: { cidr: "224.0.0.0/9" }, family: 4, field: "cidr", says: "addresses of 224.0.0.0/4" },
    { options: { cidr: "239.255.255.0/24" }, family: 4, field: "cidr", says: "addresses of 224.0.0.0/4" },
    { options: { net6: "fe80::/64" }, family: 6, field: "net6", says: "addresses of fe80::/10" },
    { options: { net6: "febf:ffff::/32" }, family: 6, field: "net6", says: "addresses of fe80::/10" },
    { options: { net6: "ff02::/16" }, family: 6, field: "net6", says: "addresses of ff00::/8" },
    { options: { net6: "::/0" }, family: 6, field: "net6", says: "addresses of fe80::/10" },
    { options: { net6: "fe00::/8" }, family: 6, field: "net6", says: "addresses of fe80::/10" },
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
      options: { allocation_pool: { start: "10.0.0.1" } },
      family: 4,
      field: "allocation_pool",
      says: "needs cidr",
    },
    { options: { allocation_pool: { end: "10.0.0.1" } }, family: 4, field: "allocation_pool", says: "needs cidr" },
    { options: { net6: "::/64", routes: { "0.0.0.0/0": "10.0.0.1" } }, family: 4, field: "routes", says: "needs cidr" },
    {
      options: { cidr: "10.0.0.0/24", allocation_pool_v6: { cidr: "2001:db8::/112" } },
      family: 6,
      field: "allocation_pool_v6",
      says: "needs net6",
    },
    { options: { allocation_pool_v6: { start: "2001:db8::1" } }, family: 6, field: "allocation_pool_v6", says: "net6" },
    { options: { routes6: { "::/0": "2001:db8::1" } }, family: 6, field: "routes6", says: "needs net6" },
    { options: { cidr: "0.0.0.0/0" }, family: 4, field: "cidr", says: "addresses of 0.0.0.0/8" },
    { options: { cidr: "10.0.0.0/8", net6: "::/64" }, family: 6, field: "cidr", says: "larger than /9" },
    { options: { cidr: "10.0.0.0/33" }, family: 4, field: "cidr", says: "from 0 to 32" },
    { options: { net6: "::/129" }, family: 6, field: "net6", says: "from 0 to 128" },
    { options: { net6: "::ffff:0:0/96" }, family: 6, field: "net6", says: "write it as IPv4" },
    { options: { net6: "2001:db8::5/128", cidr: "10.0.0.0/9" }, family: 6, field: "net6", says: "leaves no room" },
    {
      options: { net6: "2001:db8::/64", cidr: "10.0.0.0/10", allocation_pool_v6: { cidr: "2001:db8::/105" } },
      family: 6,
      field: "allocation_pool_v6.cidr",
      says: "2^23",
    },
    {
      options: { net6: "2001:db8::/64", cidr: "10.0.0.0/9", allocation_pool_v6: { cidr: "2001:db8::/128" } },
      family: 6,
      field: "allocation_pool_v6.cidr",
      says: "2^23",
    },
    {
      options: { net6: "2001:db8::/64", allocation_pool_v6: { start: "2001:db8::80:0" } },
      family: 6,
      field: "allocation_pool_v6.start",
      says: "is not inside 2001:db8::/105",
    },
    {
      options: { net6: "2001:db8::/64", cidr: "10.0.0.0/24", allocation_pool_v6: { end: "2001:db8::40:0" } },
      family: 6,
      field: "allocation_pool_v6.end",
      says: "is not inside 2001:db8::/106",
    },
    {
      options: { net6: "2001:db8::/64", allocation_pool_v6: { start: "2001:db8::9", end: "2001:db8::8" } },
      family: 6,
      field: "allocation_pool_v6",
      says: "start 2001:db8::9 is behind end 2001:db8::8",
    },
    {
      options: { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.255" } },
      family: 4,
      field: "allocation_pool",
      says: "start 10.0.0.255 is behind end 10.0.0.254",
    },
    {
      options: { net6: "2001:db8::/64", routes6: { "::/0": "fe80::1" } },
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
      const error = assertThrows(
        () => findSubnet({ spec: { Options: options } }, { family, subject: "DanmNet default/n" }),
        SchemaError,
      );
      assertEquals(error.issues.map((issue) => issue.field), [`spec.Options.${field}`]);
      assertStringIncludes(error.message, says);
    });
  }
});
