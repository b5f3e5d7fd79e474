import { assertEquals, assertThrows } from "@std/assert";
import { parse, SchemaError } from "./describe_issues.ts";
import { NetConf } from "./netconf.ts";

const MINIMAL = { name: "meta_cni", type: "danm", kubeconfig: "/etc/danm/kubeconfig" };

Deno.test("NetConf fills in what the configuration does not say", () => {
  assertEquals(parse(NetConf, MINIMAL, "configuration"), {
    ...MINIMAL,
    cniVersion: "",
    namingScheme: "",
    timeoutMs: 30_000,
    logFile: "/var/log/danm.log",
    logLevel: "info",
    nadSupport: false,
  });
});

Deno.test("NetConf keeps what runtimes inject and drops what it does not know", () => {
  const injected = {
    cniVersion: "1.1.0",
    capabilities: { portMappings: true },
    runtimeConfig: { portMappings: [{ hostPort: 80 }] },
    prevResult: { cniVersion: "1.1.0", ips: [] },
    "cni.dev/valid-attachments": [{ containerID: "c", ifname: "eth0" }],
  };
  const conf = parse(NetConf, { ...MINIMAL, ...injected, cniDir_comment: "where", ipMasq: true }, "configuration");
  assertEquals({ ...conf }, { ...parse(NetConf, MINIMAL, "configuration"), ...injected });
});

Deno.test("NetConf names the key that is wrong", async (t) => {
  const cases: { name: string; conf: unknown; says: string }[] = [
    { name: "no kubeconfig", conf: { name: "n", type: "danm" }, says: "kubeconfig: " },
    {
      name: "an empty kubeconfig",
      conf: { ...MINIMAL, kubeconfig: "" },
      says: "kubeconfig: must be the path of a kubeconfig",
    },
    { name: "no name", conf: { type: "danm", kubeconfig: "/k" }, says: "name: " },
    { name: "a name with a slash", conf: { ...MINIMAL, name: "a/b" }, says: "name: must be a CNI network name" },
    { name: "an unknown naming scheme", conf: { ...MINIMAL, namingScheme: "new" }, says: "namingScheme: " },
    { name: "a time limit that is a text", conf: { ...MINIMAL, timeoutMs: "30s" }, says: "timeoutMs: " },
    { name: "no time at all", conf: { ...MINIMAL, timeoutMs: 0 }, says: "timeoutMs: " },
    { name: "an unknown log level", conf: { ...MINIMAL, logLevel: "loud" }, says: "logLevel: " },
    { name: "a list", conf: [], says: "expected object" },
  ];
  for (const { name, conf, says } of cases) {
    await t.step(name, () => {
      assertThrows(() => parse(NetConf, conf, "configuration"), SchemaError, says);
    });
  }
});
