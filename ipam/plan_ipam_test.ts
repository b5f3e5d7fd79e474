import { assertEquals, assertThrows } from "@std/assert";
import { type Network, parseNetwork } from "../shared/schema/network.ts";
import { RequestError } from "../shared/schema/request_error.ts";
import { chooseIpam } from "./plan_ipam.ts";

function network(options: Record<string, unknown>): Network {
  return parseNetwork("DanmNet", {
    metadata: { name: "n", namespace: "default" },
    spec: { NetworkID: "br", NetworkType: "bridge", Options: options },
  });
}

Deno.test("whose addresses a delegate gives follows from what is asked and what the network has", async (t) => {
  const v4 = { cidr: "10.0.0.0/24" };
  const both = { ...v4, net6: "fd00::/64" };
  const cases: { asks: { ip?: string; ip6?: string }; options: Record<string, unknown>; choice: string | RegExp }[] = [
    { asks: {}, options: both, choice: "file" },
    { asks: { ip: "none" }, options: both, choice: "none" },
    { asks: { ip: "none", ip6: "none" }, options: {}, choice: "none" },
    { asks: { ip: "dynamic" }, options: v4, choice: "ours" },
    { asks: { ip: "10.0.0.7", ip6: "none" }, options: v4, choice: "ours" },
    { asks: { ip: "dynamic", ip6: "dynamic" }, options: both, choice: "ours" },
    { asks: { ip: "dynamic" }, options: {}, choice: "file" },
    { asks: { ip6: "dynamic" }, options: v4, choice: "file" },
    { asks: { ip: "dynamic", ip6: "dynamic" }, options: {}, choice: "file" },
    {
      asks: { ip: "dynamic", ip6: "dynamic" },
      options: v4,
      choice: /^annotation a: \[2\]\.ip6: DanmNet default\/n has no net6/,
    },
    { asks: { ip: "10.0.0.7" }, options: {}, choice: /^annotation a: \[2\]\.ip: DanmNet default\/n has no cidr/ },
  ];
  for (const { asks, options, choice } of cases) {
    await t.step(`${JSON.stringify(asks)} of ${JSON.stringify(options)}`, () => {
      const at = { network: network(options), subject: "DanmNet default/n", source: "annotation a", field: "[2]" };
      if (typeof choice === "string") return assertEquals(chooseIpam(asks, at), choice);
      const error = assertThrows(() => chooseIpam(asks, at), RequestError);
      assertEquals([error.code, choice.test(error.message)], [104, true], error.message);
    });
  }
});
