import { assertEquals } from "@std/assert";
import { parseAddress } from "../shared/schema/address.ts";
import { subnetOf } from "../tests/support/ipam/subnet_of.ts";
import { renderIpamResult, type TakenAddress } from "./render_result.ts";

const OPTIONS = {
  cidr: "10.0.0.0/24",
  net6: "fd00::/64",
  routes: { "10.9.0.0/16": "10.0.0.2", "0.0.0.0/0": "10.0.0.1" },
  routes6: { "fd09::/48": "fd00::1" },
};

function taken(text: string): TakenAddress {
  const { family, value } = parseAddress(text);
  return { subnet: subnetOf(OPTIONS, family), value };
}

Deno.test("a result has the addresses, their gateways, and the routes of their families", () => {
  assertEquals(renderIpamResult([taken("10.0.0.7"), taken("fd00::7")], OPTIONS), {
    ips: [{ address: "10.0.0.7/24", gateway: "10.0.0.1" }, { address: "fd00::7/64" }],
    routes: [
      { dst: "10.9.0.0/16", gw: "10.0.0.2" },
      { dst: "0.0.0.0/0", gw: "10.0.0.1" },
      { dst: "fd09::/48", gw: "fd00::1" },
    ],
  });
  assertEquals(renderIpamResult([taken("fd00::7")], { ...OPTIONS, routes6: { "::/0": "fd00::2" } }), {
    ips: [{ address: "fd00::7/64", gateway: "fd00::2" }],
    routes: [{ dst: "::/0", gw: "fd00::2" }],
  });
});

Deno.test("a network without routes gives none", () => {
  const { cidr } = OPTIONS;
  assertEquals(renderIpamResult([taken("10.0.0.7")], { cidr }), { ips: [{ address: "10.0.0.7/24" }] });
});
