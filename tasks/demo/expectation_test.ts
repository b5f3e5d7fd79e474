import { assertEquals } from "@std/assert";
import { parseNetwork } from "../../shared/schema/network.ts";
import { type Attachment, findDeviations, findNetwork, type GotInterface } from "./expectation.ts";

const MAC = "02:00:00:00:00:01";

const network = parseNetwork("DanmNet", {
  metadata: { name: "net", namespace: "default" },
  spec: {
    NetworkID: "net",
    Options: {
      container_prefix: "ext",
      cidr: "10.0.0.0/24",
      net6: "fd00::/64",
      allocation_pool: { start: "10.0.0.10", end: "10.0.0.20" },
    },
  },
});

function attachment(asked: { ip?: string; ip6?: string }, got: Partial<GotInterface>, index = 1): Attachment {
  const request = { kind: "DanmNet", name: "net", ...asked } as const;
  return { index, request, network, got: { name: "ext1", mac: MAC, addresses: [], ...got } };
}

Deno.test("findDeviations says what an interface has or lacks against what was asked for", async (t) => {
  const cases: { name: string; of: Attachment; found: string[] }[] = [
    { name: "nothing asked, nothing got", of: attachment({}, {}), found: [] },
    {
      name: "dynamic addresses of the pool",
      of: attachment({ ip: "dynamic", ip6: "dynamic" }, { addresses: ["10.0.0.10/24", "fd00::5/64"] }),
      found: [],
    },
    { name: "the static address", of: attachment({ ip: "10.0.0.99" }, { addresses: ["10.0.0.99/24"] }), found: [] },
    {
      name: "another static address",
      of: attachment({ ip: "10.0.0.99" }, { addresses: ["10.0.0.98/24"] }),
      found: ["ext1 has 10.0.0.98/24 and asked for 10.0.0.99"],
    },
    {
      name: "outside the pool",
      of: attachment({ ip: "dynamic" }, { addresses: ["10.0.0.21/24"] }),
      found: ["10.0.0.21/24 of ext1 is outside the pool"],
    },
    {
      name: "another prefix length",
      of: attachment({ ip: "dynamic" }, { addresses: ["10.0.0.10/32"] }),
      found: ["10.0.0.10/32 of ext1 is not of the subnet of DanmNet net"],
    },
    {
      name: "no address",
      of: attachment({ ip: "dynamic", ip6: "fd00::7" }, {}),
      found: ["ext1 has no IPv4 address", "ext1 has no IPv6 address"],
    },
    {
      name: "an address that nobody asked for",
      of: attachment({ ip: "none" }, { addresses: ["10.0.0.10/24"] }),
      found: ["ext1 has 10.0.0.10/24 and asked for no IPv4 address"],
    },
    {
      name: "two addresses of a family",
      of: attachment({ ip: "dynamic" }, { addresses: ["10.0.0.10/24", "10.0.0.11/24"] }),
      found: ["ext1 has several IPv4 addresses: 10.0.0.10/24, 10.0.0.11/24"],
    },
    {
      name: "the names and no hardware address",
      of: attachment({}, { name: "ext0", mac: "" }, 0),
      found: ["interface 0 is called ext0, not eth0", "eth0 has no hardware address"],
    },
  ];
  for (const { name, of, found } of cases) await t.step(name, () => assertEquals(findDeviations(of), found));
});

Deno.test("findNetwork looks in namespace default, and for the kind that is named", () => {
  assertEquals(findNetwork([network], { kind: "DanmNet", name: "net" }), network);
  assertEquals(findNetwork([network], { kind: "ClusterNetwork", name: "net" }), undefined);
  const elsewhere = { ...network, metadata: { name: "net", namespace: "other" } };
  assertEquals(findNetwork([elsewhere], { kind: "DanmNet", name: "net" }), undefined);
});
