import { assertEquals, assertThrows } from "@std/assert";
import { CniError } from "../shared/errors.ts";
import { logKeys, parseIpamConf } from "./ipam_conf.ts";

const GOOD = { type: "danm-ipam", kubeconfig: "/etc/k.json", clusterNetwork: "wide" };

Deno.test("the ipam section names one network, and has defaults for the rest", () => {
  assertEquals(parseIpamConf({ ipam: GOOD }), {
    ...GOOD,
    networkKind: "ClusterNetwork",
    networkName: "wide",
    timeoutMs: 30_000,
    logFile: "/var/log/danm.log",
    logLevel: "info",
  });
  const { clusterNetwork: _, ...rest } = GOOD;
  const kinds = { network: "DanmNet", tenantNetwork: "TenantNetwork", clusterNetwork: "ClusterNetwork" };
  for (const [key, kind] of Object.entries(kinds)) {
    const { networkKind, networkName } = parseIpamConf({ ipam: { ...rest, [key]: "a.b-c" } });
    assertEquals([networkKind, networkName], [kind, "a.b-c"]);
  }
});

Deno.test("nothing is logged to where the section may not say, also when the section is refused", () => {
  const cases: [unknown, string | undefined][] = [
    ["/var/log/pods/..a.log", "/var/log/pods/..a.log"],
    ["/var/log/x", "/var/log/x"],
    ["/etc/shadow", undefined],
    ["/var/log/../lib/x", undefined],
    [4, undefined],
    [undefined, undefined],
  ];
  for (const [logFile, is] of cases) assertEquals(logKeys({ ipam: { logFile, ranges: [] } }).logFile, is);
  for (const ipam of [undefined, null, "x", []]) assertEquals(logKeys({ ipam }).logFile, undefined);
});

Deno.test("what is wrong in the ipam section is named by its field", async (t) => {
  const cases: { what: string; ipam: unknown; says: RegExp }[] = [
    { what: "no section", ipam: undefined, says: /^configuration: ipam: / },
    { what: "a text for a section", ipam: "danm-ipam", says: /^configuration: ipam: / },
    { what: "a list for a section", ipam: [], says: /^configuration: ipam: / },
    { what: "no type", ipam: { ...GOOD, type: undefined }, says: /ipam: type: / },
    { what: "no kubeconfig", ipam: { ...GOOD, kubeconfig: undefined }, says: /ipam: kubeconfig: / },
    { what: "an empty kubeconfig", ipam: { ...GOOD, kubeconfig: "" }, says: /kubeconfig: must be the path of a kub/ },
    { what: "no network", ipam: { ...GOOD, clusterNetwork: undefined }, says: /ipam names no network$/ },
    { what: "two networks", ipam: { ...GOOD, network: "a" }, says: /ipam names 2 networks$/ },
    { what: "three networks", ipam: { ...GOOD, network: "a", tenantNetwork: "b" }, says: /ipam names 3 networks$/ },
    { what: "an empty name", ipam: { ...GOOD, clusterNetwork: "" }, says: /clusterNetwork: must be the name of a net/ },
    { what: "a name that is a path", ipam: { ...GOOD, clusterNetwork: "../x" }, says: /clusterNetwork: must be the/ },
    { what: "a name too long", ipam: { ...GOOD, clusterNetwork: "x".repeat(141) }, says: /clusterNetwork: / },
    { what: "a name in capitals", ipam: { ...GOOD, clusterNetwork: "Wide" }, says: /clusterNetwork: must be the name/ },
    { what: "ip as a number", ipam: { ...GOOD, ip: 4 }, says: /ipam: ip: / },
    { what: "ip6 as null", ipam: { ...GOOD, ip6: null }, says: /ipam: ip6: / },
    { what: "a node name that is none", ipam: { ...GOOD, nodeName: 1 }, says: /ipam: nodeName: / },
    { what: "no time", ipam: { ...GOOD, timeoutMs: 0 }, says: /ipam: timeoutMs: / },
    { what: "too much time", ipam: { ...GOOD, timeoutMs: 60_001 }, says: /ipam: timeoutMs: / },
    { what: "half a millisecond", ipam: { ...GOOD, timeoutMs: 1.5 }, says: /ipam: timeoutMs: / },
    { what: "a log that is no path", ipam: { ...GOOD, logFile: true }, says: /ipam: logFile: / },
    {
      what: "a log of its own choice",
      ipam: { ...GOOD, logFile: "/etc/shadow" },
      says: /logFile: must be a file below/,
    },
    {
      what: "a log beside",
      ipam: { ...GOOD, logFile: "/var/logs/x" },
      says: /logFile: must be a file below \/var\/log/,
    },
    { what: "a log above", ipam: { ...GOOD, logFile: "/var/log/../x" }, says: /logFile: must be a file below/ },
    {
      what: "a log above, later",
      ipam: { ...GOOD, logFile: "/var/log/a/../../../x" },
      says: /logFile: must be a file/,
    },
    { what: "a directory for a log", ipam: { ...GOOD, logFile: "/var/log/" }, says: /logFile: must be a file below/ },
    { what: "a log that ends above", ipam: { ...GOOD, logFile: "/var/log/.." }, says: /logFile: must be a file below/ },
    { what: "a log level that is none", ipam: { ...GOOD, logLevel: "loud" }, says: /ipam: logLevel: / },
    { what: "a key of another plugin", ipam: { ...GOOD, ranges: [] }, says: /ipam: ranges: unknown field$/ },
    { what: "two wrong keys", ipam: { ...GOOD, ip: 4, subnet: "x" }, says: /ip: .*; subnet: unknown field$/ },
  ];
  for (const { what, ipam, says } of cases) {
    await t.step(what, () => {
      const { code, message } = assertThrows(() => parseIpamConf({ ipam }), CniError);
      assertEquals([code, says.test(message)], [7, true], message);
    });
  }
});
