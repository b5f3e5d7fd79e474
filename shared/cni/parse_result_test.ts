import { assertEquals, assertThrows } from "@std/assert";
import { CniError } from "../errors.ts";
import { type CniResult, renderResult } from "./cni_result.ts";
import { CNI_VERSIONS } from "./cni_version.ts";
import { parseResult } from "./parse_result.ts";

const parse = (document: unknown): CniResult => parseResult(document, { subject: "result of macvlan" });

const DNS = { nameservers: ["10.0.0.1"], domain: "local", search: ["a.local"], options: ["ndots:5"] };

Deno.test("parseResult reads the results of every version", async (t) => {
  const earliest = {
    ip4: {
      ip: "10.0.0.5/24",
      gateway: "10.0.0.1",
      routes: [{ dst: "0.0.0.0/0" }, { dst: "10.1.0.0/16", gw: "10.0.0.2" }],
    },
    ip6: { ip: "2001:db8::5/64", routes: [{ dst: "::/0", gw: "2001:db8::1" }] },
    dns: DNS,
  };
  const ofEarliest: CniResult = {
    ips: [{ address: "10.0.0.5/24", gateway: "10.0.0.1" }, { address: "2001:db8::5/64" }],
    routes: [{ dst: "0.0.0.0/0" }, { dst: "10.1.0.0/16", gw: "10.0.0.2" }, { dst: "::/0", gw: "2001:db8::1" }],
    dns: DNS,
  };
  const middle = {
    interfaces: [{ name: "veth1" }, { name: "eth0", mac: "02:00:00:00:00:01", sandbox: "/run/netns/a" }],
    ips: [{ version: "4", interface: 1, address: "10.0.0.5/24", gateway: "10.0.0.1" }],
    routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1" }],
    dns: DNS,
  };
  const ofMiddle: CniResult = { ...middle, ips: [{ interface: 1, address: "10.0.0.5/24", gateway: "10.0.0.1" }] };
  const newest: CniResult = {
    interfaces: [{
      name: "eth0",
      mac: "02:00:00:00:00:01",
      sandbox: "/n",
      mtu: 1500,
      socketPath: "/s",
      pciID: "0:1.0",
    }],
    ips: [{ address: "2001:db8::5/64", interface: 0 }],
    routes: [{ dst: "::/0", mtu: 1400, advmss: 1300, priority: 0, table: 4294967295, scope: 253 }],
    dns: DNS,
  };
  const cases: [string | undefined, Record<string, unknown>, CniResult][] = [
    ["0.1.0", earliest, ofEarliest],
    ["0.2.0", earliest, ofEarliest],
    ["0.3.0", middle, ofMiddle],
    ["0.3.1", middle, ofMiddle],
    ["0.4.0", middle, ofMiddle],
    ["1.0.0", ofMiddle as Record<string, unknown>, ofMiddle],
    ["1.1.0", newest as Record<string, unknown>, newest],
    ["1.2.0", newest as Record<string, unknown>, newest],
    [undefined, earliest, ofEarliest],
    ["", middle, ofMiddle],
  ];
  for (const [cniVersion, document, expected] of cases) {
    await t.step(cniVersion === undefined ? "without a version" : JSON.stringify(cniVersion), () => {
      assertEquals(parse({ ...(cniVersion !== undefined && { cniVersion }), ...document }), expected);
    });
  }
});

Deno.test("parseResult overlooks what does no harm", async (t) => {
  const cases: { name: string; document: unknown; expected: CniResult }[] = [
    { name: "nothing at all", document: {}, expected: {} },
    {
      name: "empty lists stay",
      document: { interfaces: [], ips: [], routes: [] },
      expected: { interfaces: [], ips: [], routes: [] },
    },
    {
      name: "null is absent, also where Go writes it for an empty slice",
      document: { interfaces: null, ips: null, routes: null, dns: null, ip4: null, ip6: null },
      expected: {},
    },
    {
      name: "unknown keys",
      document: { x: 1, interfaces: [{ name: "a", x: 1 }], ips: [{ address: "10.0.0.5/24", x: 1 }], dns: { x: 1 } },
      expected: { interfaces: [{ name: "a" }], ips: [{ address: "10.0.0.5/24" }] },
    },
    {
      name: "empty texts",
      document: {
        interfaces: [{ name: "veth1", mac: "", sandbox: "", pciID: "" }],
        ips: [{ address: "10.0.0.5/24", gateway: "" }],
        routes: [{ dst: "0.0.0.0/0", gw: "" }],
        dns: { domain: "" },
      },
      expected: { interfaces: [{ name: "veth1" }], ips: [{ address: "10.0.0.5/24" }], routes: [{ dst: "0.0.0.0/0" }] },
    },
    {
      name: "an interface that is not there",
      document: {
        interfaces: [{ name: "a" }],
        ips: [0, 1, -1, 99].map((index) => ({ address: "10.0.0.5/24", interface: index })),
      },
      expected: {
        interfaces: [{ name: "a" }],
        ips: [{ address: "10.0.0.5/24", interface: 0 }, ...Array(3).fill({ address: "10.0.0.5/24" })],
      },
    },
    {
      name: "an interface in the result of an IPAM plugin",
      document: { ips: [{ address: "10.0.0.5/24", interface: 0 }] },
      expected: { ips: [{ address: "10.0.0.5/24" }] },
    },
    {
      name: "ip4 beside the later keys",
      document: { ips: [{ address: "10.0.0.5/24" }], ip4: { ip: "10.0.0.5/24" } },
      expected: { ips: [{ address: "10.0.0.5/24" }] },
    },
    {
      name: "keys of the prototype",
      document: JSON.parse(`{"__proto__":{"ips":[{"address":"10.0.0.5/24"}]}}`),
      expected: {},
    },
  ];
  for (const { name, document, expected } of cases) {
    await t.step(name, () => assertEquals(parse(document), expected));
  }
});

Deno.test("parseResult refuses rubbish by the field, with code 6", async (t) => {
  const cases: [unknown, string][] = [
    [null, "result of macvlan: must be an object, not null"],
    [[], "result of macvlan: must be an object, not a list"],
    ["", `result of macvlan: must be an object, not ""`],
    [{ cniVersion: 1 }, "cniVersion: must be a text, not 1"],
    [{ cniVersion: "2.0.0" }, `cniVersion: must be a version of CNI from 0.1.0 to 1.x, not "2.0.0"`],
    [{ interfaces: {} }, "interfaces: must be a list, not an object"],
    [{ interfaces: [null] }, "interfaces[0]: must be an object, not null"],
    [{ interfaces: [{ name: "a" }, {}] }, "interfaces[1]: name is missing"],
    [{ interfaces: [{ name: "a", mac: 7 }] }, "interfaces[0].mac: must be a text, not 7"],
    [{ interfaces: [{ name: "a", mtu: -1 }] }, "interfaces[0].mtu: must not be negative, not -1"],
    [{ interfaces: [{ name: "a", mtu: "1500" }] }, `interfaces[0].mtu: must be a whole number, not "1500"`],
    [{ ips: [{}] }, "ips[0]: address is missing"],
    [{ ips: [{ address: "10.0.0.5" }] }, `ips[0].address: must be address/prefix, not "10.0.0.5"`],
    [{ ips: [{ address: "10.0.0.5/33" }] }, `ips[0].address: must be address/prefix, not "10.0.0.5/33"`],
    [{ ips: [{ address: "10.0.0.5/24", gateway: "x" }] }, `ips[0].gateway: must be an address, not "x"`],
    [{ ips: [{ address: "10.0.0.5/24", interface: "0" }] }, `ips[0].interface: must be a whole number, not "0"`],
    [{ ips: [{ address: "10.0.0.5/24", interface: 0.5 }] }, "ips[0].interface: must be a whole number, not 0.5"],
    [{ routes: [{ gw: "10.0.0.1" }] }, "routes[0]: dst is missing"],
    [{ routes: [{ dst: "default" }] }, `routes[0].dst: must be address/prefix, not "default"`],
    [{ routes: [{ dst: "0.0.0.0/0", table: 1e300 }] }, "routes[0].table: must be a whole number, not 1e+300"],
    [{ dns: "10.0.0.1" }, `dns: must be an object, not "10.0.0.1"`],
    [{ dns: { nameservers: "10.0.0.1" } }, `dns.nameservers: must be a list, not "10.0.0.1"`],
    [{ dns: { search: [null] } }, "dns.search[0]: must be a text, not null"],
    [{ ip4: [] }, "ip4: must be an object, not a list"],
    [{ ip4: {} }, "ip4: ip is missing"],
    [{ ip4: { ip: "2001:db8::5/64" } }, `ip4.ip: must be IPv4, not "2001:db8::5/64"`],
    [{ ip6: { ip: "2001:db8::5/64", routes: [{}] } }, "ip6.routes[0]: dst is missing"],
  ];
  for (const [document, message] of cases) {
    await t.step(message, () => {
      const error = assertThrows(() => parse(document), CniError);
      const whole = message.startsWith("result of macvlan") ? message : `result of macvlan: ${message}`;
      assertEquals([error.code, error.message], [6, whole]);
    });
  }
});

Deno.test("what renderResult writes, parseResult reads, up to what the version does not know", () => {
  const result: CniResult = {
    interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", sandbox: "/n", mtu: 1500 }],
    ips: [{ address: "10.0.0.5/24", gateway: "10.0.0.1", interface: 0 }, { address: "2001:db8::5/64", interface: 0 }],
    routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1", scope: 0 }],
    dns: DNS,
  };
  for (const cniVersion of CNI_VERSIONS) {
    const expected = cniVersion === "1.1.0" ? result : {
      ...result,
      interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", sandbox: "/n" }],
      routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1" }],
    };
    assertEquals(parse(renderResult(result, cniVersion)), expected);
  }
});
