import { assert, assertEquals } from "@std/assert";
import { formatAddress } from "../shared/schema/address.ts";
import type { NetworkOptions } from "../shared/schema/network.ts";
import { parseFreeCandidates } from "./allocate_free_candidates.ts";
import { findSubnet } from "./subnet.ts";

function usable(options: NetworkOptions, freeCandidates: string[] | undefined): string[] {
  const family = options.net6 ? 6 : 4;
  const subnet = findSubnet({ spec: { Options: options } }, { family, subject: "n" });
  assert(subnet);
  const status = { capacity: 10, allocated: 5, ...(freeCandidates && { freeCandidates }) };
  return parseFreeCandidates(subnet, status).map((value) => formatAddress({ family, value }));
}

Deno.test("of what status names, only addresses that the pool may give are tried", async (t) => {
  const v4: NetworkOptions = {
    cidr: "10.0.0.0/24",
    allocation_pool: { start: "10.0.0.4", end: "10.0.0.100" },
    routes: { "0.0.0.0/0": "10.0.0.5" },
    // The bit of 10.0.0.6.
    alloc: btoa("\x02"),
  };
  const v6: NetworkOptions = { net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::/120" } };
  const cases: [string, NetworkOptions, string[] | undefined, string[]][] = [
    ["no status", v4, undefined, []],
    ["good ones, in order", v4, ["10.0.0.9", "10.0.0.7"], ["10.0.0.9", "10.0.0.7"]],
    ["twice the same", v4, ["10.0.0.9", "10.0.0.9"], ["10.0.0.9"]],
    ["outside the pool", v4, ["10.0.0.3", "10.0.0.101", "192.168.0.1"], []],
    ["a gateway", v4, ["10.0.0.5"], []],
    ["in the legacy bitmap", v4, ["10.0.0.6"], []],
    ["no addresses", v4, ["", "x", "10.0.0.08", "10.0.0.9/24", "10.9", "-1"], []],
    ["the other family", v4, ["2001:db8::1"], []],
    ["IPv6", v6, ["2001:db8::1"], ["2001:db8::1"]],
    ["not canonical", v6, ["2001:DB8::1", "2001:db8:0::1", "2001:db8::0001"], []],
    ["the edges of an IPv6 pool", v6, ["2001:db8::", "2001:db8::ff"], []],
  ];
  for (const [name, options, named, expected] of cases) {
    await t.step(name, () => assertEquals(usable(options, named), expected));
  }
});
