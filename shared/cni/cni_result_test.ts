import { assertEquals } from "@std/assert";
import { type CniResult, renderResult } from "./cni_result.ts";
import { CNI_VERSIONS } from "./cni_version.ts";

const RESULT: CniResult = {
  interfaces: [{
    name: "eth0",
    mac: "02:00:00:00:00:01",
    sandbox: "/n",
    mtu: 1500,
    socketPath: "/s",
    pciID: "0000:01:00.0",
  }],
  ips: [{ address: "10.0.0.5/24", gateway: "10.0.0.1", interface: 0 }, { address: "2001:db8::5/64", interface: 0 }],
  routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1", mtu: 1400, advmss: 1300, priority: 0, table: 100, scope: 0 }, {
    dst: "::/0",
  }],
  dns: { nameservers: ["10.0.0.1"] },
};

Deno.test("renderResult gives each version what it knows, and what it demands", async (t) => {
  const old = {
    interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", sandbox: "/n" }],
    routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1" }, { dst: "::/0" }],
    dns: { nameservers: ["10.0.0.1"] },
  };
  const families = [
    { version: "4", address: "10.0.0.5/24", gateway: "10.0.0.1", interface: 0 },
    { version: "6", address: "2001:db8::5/64", interface: 0 },
  ];
  const expected: Record<typeof CNI_VERSIONS[number], unknown> = {
    "0.3.1": { ...old, ips: families },
    "0.4.0": { ...old, ips: families },
    "1.0.0": { ...old, ips: RESULT.ips },
    "1.1.0": RESULT,
  };
  for (const cniVersion of CNI_VERSIONS) {
    await t.step(cniVersion, () => {
      const { cniVersion: said, ...rest } = renderResult(RESULT, cniVersion);
      assertEquals(said, cniVersion);
      assertEquals(rest, expected[cniVersion]);
    });
  }
});

Deno.test("what a result has not is not made up", () => {
  for (const cniVersion of CNI_VERSIONS) assertEquals(renderResult({}, cniVersion), { cniVersion });
});

Deno.test("the result of an IPAM plugin has neither interfaces nor pointers at them, in any version", async (t) => {
  const result: CniResult = {
    ips: [{ address: "10.0.0.5/24", gateway: "10.0.0.1", interface: 0 }, { address: "2001:db8::5/64" }],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  for (const cniVersion of CNI_VERSIONS) {
    await t.step(cniVersion, () => {
      const family = (version: "4" | "6"): object => cniVersion.startsWith("0.") ? { version } : {};
      assertEquals(renderResult(result, cniVersion), {
        cniVersion,
        ips: [
          { ...family("4"), address: "10.0.0.5/24", gateway: "10.0.0.1" },
          { ...family("6"), address: "2001:db8::5/64" },
        ],
        routes: [{ dst: "0.0.0.0/0" }],
      });
    });
  }
});

Deno.test("no address points at an interface that is not there, and no foreign key is written", () => {
  const interfaces = [{ name: "eth0", vendor: "x" }];
  const ips = [0, 1, -1, 0.5].map((index) => ({ address: "10.0.0.5/24", interface: index, version: "4", owner: "x" }));
  const dns = { domain: "local", owner: "x" };
  assertEquals(renderResult({ interfaces, ips, dns }, "1.1.0"), {
    cniVersion: "1.1.0",
    interfaces: [{ name: "eth0" }],
    ips: [{ address: "10.0.0.5/24", interface: 0 }, ...Array(3).fill({ address: "10.0.0.5/24" })],
    dns: { domain: "local" },
  });
});
