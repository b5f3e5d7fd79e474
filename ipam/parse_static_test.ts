import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import { subnetOf } from "../tests/support/ipam/subnet_of.ts";
import { parseStatic } from "./parse_static.ts";
import { type Subnet, withPrefix } from "./subnet.ts";

const AT = { subject: "annotation danm.io/interfaces", field: "[0].ip" };

Deno.test("static addresses: inside or outside the pool, gateways too", async (t) => {
  const four = subnetOf({
    cidr: "10.0.0.0/24",
    allocation_pool: { start: "10.0.0.10", end: "10.0.0.20" },
    routes: { "0.0.0.0/0": "10.0.0.1" },
  }, 4);
  const six = subnetOf({ net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::1:0/112" } }, 6);
  const sixAtBase = subnetOf({ net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::/112" } }, 6);
  const zeros = subnetOf({ net6: "::/64" }, 6);
  const mapped = subnetOf({ net6: "64:ff9b::/96" }, 6);
  const right: { subnet: Subnet; text: string; is: string }[] = [
    { subnet: four, text: "10.0.0.15", is: "10.0.0.15/24" },
    { subnet: four, text: "10.0.0.200/24", is: "10.0.0.200/24" },
    { subnet: four, text: "10.0.0.1", is: "10.0.0.1/24" },
    { subnet: six, text: "2001:DB8:0:0:0::9", is: "2001:db8::9/64" },
    { subnet: six, text: "2001:db8::ffff:ffff:ffff:ffff/64", is: "2001:db8::ffff:ffff:ffff:ffff/64" },
    { subnet: six, text: "2001:db8::2", is: "2001:db8::2/64" },
    { subnet: sixAtBase, text: "2001:db8:0:0:1::", is: "2001:db8:0:0:1::/64" },
    { subnet: sixAtBase, text: "2001:db8::fffe", is: "2001:db8::fffe/64" },
    { subnet: zeros, text: "::80:0", is: "::80:0/64" },
    { subnet: mapped, text: "64:ff9b::10.0.0.1", is: "64:ff9b::a00:1/96" },
    { subnet: subnetOf({ cidr: "10.0.0.0/31" }, 4), text: "10.0.0.0/31", is: "10.0.0.0/31" },
  ];
  for (const { subnet, text, is } of right) {
    await t.step(text, () => assertEquals(withPrefix(subnet, parseStatic(subnet, text, AT)), is));
  }
  const wrong: { subnet: Subnet; text: string; says: string }[] = [
    { subnet: four, text: "10.0.1.1", says: "is not inside 10.0.0.0/24" },
    { subnet: four, text: "10.0.0.0", says: "network base address" },
    { subnet: four, text: "10.0.0.255/24", says: "broadcast address" },
    { subnet: four, text: "10.0.0.5/16", says: "is not the network's, which is /24" },
    { subnet: four, text: "10.0.0.5/", says: "prefix length" },
    { subnet: four, text: "10.0.0", says: "short forms" },
    { subnet: four, text: "", says: "empty" },
    { subnet: four, text: "2001:db8::1", says: "is not inside" },
    { subnet: four, text: "2001:db8::1/24", says: "is not inside" },
    { subnet: six, text: "2001:db8::1:0", says: "first or last address of the pool's subnet" },
    { subnet: six, text: "2001:db8::1:ffff", says: "first or last address of the pool's subnet" },
    { subnet: six, text: "2001:db8::", says: "network base address" },
    { subnet: sixAtBase, text: "2001:db8::", says: "network base address" },
    { subnet: zeros, text: "::1", says: "loopback" },
    { subnet: zeros, text: "::ffff:10.0.0.1", says: "write it as IPv4" },
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
