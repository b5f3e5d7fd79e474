import { assertEquals } from "@std/assert";
import type { CniResult } from "../shared/cni/cni_result.ts";
import { type Expected, type KernelState, planCheck } from "./plan_check.ts";

const EXPECTED: Expected = {
  interfaces: [
    {
      Name: "eth0",
      Address: "10.0.0.5/24",
      AddressIPv6: "2001:db8::5/64",
      MacAddress: "02:00:00:00:00:0A",
      proutes: { "10.8.0.0/16": "10.0.0.2" },
      proutes6: { "2001:db8:8::/48": "2001:db8::2" },
    },
    { Name: "net1", Address: "none", AddressIPv6: "", proutes: null },
  ],
  rules: [
    { interface: "eth0", from: "10.0.0.5/32", table: 150 },
    { interface: "eth0", from: "2001:db8::5/128", table: 150 },
  ],
  prevResult: {
    interfaces: [{ name: "eth0", sandbox: "/run/netns/a" }, { name: "net1", sandbox: "/run/netns/a" }],
    ips: [{ address: "10.0.0.5/24", interface: 0 }, { address: "2001:db8::5/64", interface: 0 }],
    routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1" }, { dst: "::/0", gw: "2001:db8::1" }],
  },
};

const STATE: KernelState = {
  links: [
    { name: "lo", mac: "00:00:00:00:00:00", up: true, addresses: ["127.0.0.1/8", "::1/128"] },
    { name: "eth0", mac: "02:00:00:00:00:0a", up: true, addresses: ["10.0.0.5/24", "2001:db8::5/64"] },
    { name: "net1", mac: undefined, up: true, addresses: [] },
  ],
  routes: [
    { destination: "0.0.0.0/0", gateway: "10.0.0.1", dev: "eth0" },
    { destination: "::/0", gateway: "2001:db8::1", dev: "eth0" },
    { destination: "10.8.0.0/16", gateway: "10.0.0.2", dev: "eth0", table: 150 },
    { destination: "2001:db8:8::/48", gateway: "2001:db8::2", dev: "eth0", table: 150 },
  ],
  rules: [
    { from: "10.0.0.5/32", table: 150, preference: 32000 },
    { from: "2001:db8::5/128", table: 150, preference: 32000 },
  ],
};

type Link = KernelState["links"][number];
type Route = KernelState["routes"][number];

function withLink(name: string, changes: Partial<Link>): KernelState {
  return { ...STATE, links: STATE.links.map((link) => link.name === name ? { ...link, ...changes } : link) };
}

function withRoute(destination: string, changes: Partial<Route>): KernelState {
  const routes = STATE.routes.map((route) => route.destination === destination ? { ...route, ...changes } : route);
  return { ...STATE, routes };
}

function without(part: "links" | "routes" | "rules", at: number): KernelState {
  return { ...STATE, [part]: STATE[part].filter((_, index) => index !== at) };
}

function withResult(changes: Partial<CniResult>): Expected {
  return { ...EXPECTED, prevResult: { ...EXPECTED.prevResult, ...changes } };
}

Deno.test("a sandbox that is as ADD left it has no problem, whatever it has besides", () => {
  assertEquals(planCheck(EXPECTED, STATE), []);
  const more: KernelState = {
    links: [...STATE.links, { name: "theirs", mac: "02:00:00:00:00:0b", up: false, addresses: [] }],
    routes: [...STATE.routes, { destination: "10.1.0.0/16", dev: "theirs" }],
    rules: [...STATE.rules, { from: "10.0.0.0/24", table: 7, preference: 1 }],
  };
  assertEquals(planCheck(EXPECTED, more), []);
});

Deno.test("each thing that the kernel has otherwise is named, and nothing else", async (t) => {
  const policy = (to: string, via: string): string => `eth0: the policy route to ${to} via ${via} is gone`;
  const cases: { name: string; state: KernelState; problems: string[] }[] = [
    {
      name: "a link without addresses of ours is gone",
      state: without("links", 2),
      problems: ["net1: the link is gone"],
    },
    { name: "a link is gone", state: without("links", 1), problems: ["eth0: the link is gone"] },
    { name: "a link is down", state: withLink("net1", { up: false }), problems: ["net1: the link is down"] },
    {
      name: "another hardware address",
      state: withLink("eth0", { mac: "02:00:00:00:00:0b" }),
      problems: ["eth0: the hardware address is 02:00:00:00:00:0b, not 02:00:00:00:00:0A"],
    },
    {
      name: "an address is gone",
      state: withLink("eth0", { addresses: ["10.0.0.5/24"] }),
      problems: ["eth0: the address 2001:db8::5/64 is gone"],
    },
    {
      name: "an address has another prefix length",
      state: withLink("eth0", { addresses: ["10.0.0.5/32", "2001:db8::5/64"] }),
      problems: ["eth0: the address 10.0.0.5/24 is gone"],
    },
    {
      name: "a default route is gone",
      state: without("routes", 0),
      problems: ["the route to 0.0.0.0/0 via 10.0.0.1 is gone"],
    },
    {
      name: "a default route has another gateway",
      state: withRoute("::/0", { gateway: "2001:db8::9" }),
      problems: ["the route to ::/0 via 2001:db8::1 is gone"],
    },
    {
      name: "a default route is in another table",
      state: withRoute("0.0.0.0/0", { table: 150 }),
      problems: ["the route to 0.0.0.0/0 via 10.0.0.1 is gone"],
    },
    { name: "a policy route is gone", state: without("routes", 2), problems: [policy("10.8.0.0/16", "10.0.0.2")] },
    {
      name: "a policy route is in another table",
      state: withRoute("10.8.0.0/16", { table: 151 }),
      problems: [policy("10.8.0.0/16", "10.0.0.2")],
    },
    {
      name: "a policy route is on another link",
      state: withRoute("2001:db8:8::/48", { dev: "net1" }),
      problems: [policy("2001:db8:8::/48", "2001:db8::2")],
    },
    {
      name: "a rule is gone",
      state: without("rules", 1),
      problems: ["eth0: the rule from 2001:db8::5/128 to table 150 is gone"],
    },
    {
      name: "nothing is there",
      state: { links: [], routes: [], rules: [] },
      problems: [
        "eth0: the link is gone",
        "net1: the link is gone",
        "the route to 0.0.0.0/0 via 10.0.0.1 is gone",
        "the route to ::/0 via 2001:db8::1 is gone",
        "eth0: the rule from 10.0.0.5/32 to table 150 is gone",
        "eth0: the rule from 2001:db8::5/128 to table 150 is gone",
      ],
    },
  ];
  for (const { name, state, problems } of cases) {
    await t.step(name, () => assertEquals(planCheck(EXPECTED, state), problems));
  }
});

Deno.test("a result that is not of this sandbox is named", async (t) => {
  const [first, second] = EXPECTED.prevResult.interfaces ?? [];
  const cases: { name: string; expected: Expected; problems: string[] }[] = [
    {
      name: "without an interface of ours",
      expected: withResult({ interfaces: first ? [first] : [] }),
      problems: ["net1: prevResult does not have the interface"],
    },
    {
      name: "with an interface of ours as the host's",
      expected: withResult({ interfaces: [...(first ? [first] : []), { name: "net1" }] }),
      problems: ["net1: prevResult does not have the interface"],
    },
    {
      name: "empty",
      expected: { ...EXPECTED, prevResult: {} },
      problems: ["eth0: prevResult does not have the interface", "net1: prevResult does not have the interface"],
    },
    {
      name: "with an address that the interface has not got",
      expected: withResult({ ips: [{ address: "10.0.0.6/24", interface: 0 }] }),
      problems: ["eth0: the address 10.0.0.6/24 is gone"],
    },
    {
      name: "with an address of another's interface, and one of none",
      expected: withResult({
        interfaces: [...[first, second].flatMap((one) => one ? [one] : []), { name: "veth0" }],
        ips: [{ address: "10.7.7.7/24", interface: 2 }, { address: "10.7.7.8/24" }, {
          address: "1.2.3.4/5",
          interface: 9,
        }],
      }),
      problems: [],
    },
    {
      name: "with a route that is not there",
      expected: withResult({ routes: [{ dst: "10.7.0.0/16", gw: "10.0.0.1" }, { dst: "10.9.0.0/16" }] }),
      problems: ["the route to 10.7.0.0/16 via 10.0.0.1 is gone", "the route to 10.9.0.0/16 is gone"],
    },
  ];
  for (const { name, expected, problems } of cases) {
    await t.step(name, () => assertEquals(planCheck(expected, STATE), problems));
  }
});

Deno.test("what is written otherwise than the kernel writes it is the same", () => {
  const expected: Expected = {
    interfaces: [{
      Name: "eth0",
      AddressIPv6: "2001:DB8:0::5/64",
      proutes6: { "2001:db8:8:0::1/48": "2001:0db8::0002" },
    }],
    rules: [{ interface: "eth0", from: "2001:db8:0:0::5/128", table: 150 }],
    prevResult: {
      interfaces: [{ name: "eth0", sandbox: "/run/netns/a" }],
      ips: [{ address: "2001:db8:0:0::5/64", interface: 0 }],
      routes: [{ dst: "0::/0", gw: "2001:db8:0::1" }, { dst: "10.8.1.1/16", gw: "10.0.0.2", table: 150 }, {
        dst: "0.0.0.0/0",
        table: 254,
      }],
    },
  };
  assertEquals(planCheck(expected, STATE), []);
});

Deno.test("policy routes of a family that the interface got no address of are not missed", () => {
  const [eth0] = EXPECTED.interfaces;
  assertEquals(
    planCheck({
      interfaces: [{ ...eth0, Name: "eth0", AddressIPv6: "" }],
      rules: EXPECTED.rules.slice(0, 1),
      prevResult: withResult({ ips: [] }).prevResult,
    }, without("routes", 3)),
    [],
  );
});

Deno.test("addresses and routes that are none are found nowhere, and named as they are", () => {
  const problems = planCheck({
    interfaces: [{ Name: "eth0", Address: "10.0.0.005/24", proutes: { "x/y": "z" } }],
    rules: [{ interface: "eth0", from: "anywhere", table: 150 }],
    prevResult: { interfaces: [{ name: "eth0", sandbox: "/a" }], routes: [{ dst: "rubbish", gw: "more" }] },
  }, STATE);
  assertEquals(problems, [
    "eth0: the address 10.0.0.005/24 is gone",
    "eth0: the policy route to x/y via z is gone",
    "the route to rubbish via more is gone",
    "eth0: the rule from anywhere to table 150 is gone",
  ]);
});
