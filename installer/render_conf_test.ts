import { assertEquals } from "@std/assert";
import { NetConf } from "../shared/schema/netconf.ts";
import { type ConfFacts, confVersion, renderConf, renderStatusRequest } from "./render_conf.ts";

const FACTS: ConfFacts = {
  settings: { logLevel: "debug", namingScheme: "legacy", nadSupport: true, timeoutMs: 10_000 },
  nodeName: "node-1",
  kubeconfig: "/etc/cni/net.d/danm.d/kubeconfig.json",
  confDir: "/etc/cni/net.d",
  cniVersion: "1.0.0",
  formerFile: "10-bridge.conf",
  capabilities: { portMappings: true },
};

Deno.test("renderConf says what the plugin reads", () => {
  const { plugins: [plugin], ...list } = JSON.parse(renderConf(FACTS));
  assertEquals(list, { cniVersion: "1.0.0", name: "danm" });
  const { settings, kubeconfig, nodeName, capabilities } = FACTS;
  const read = NetConf.parse({ ...plugin, name: "danm", cniVersion: "1.0.0" });
  const formerConf = "/etc/cni/net.d/10-bridge.conf";
  const wanted = { ...settings, kubeconfig, formerConf, nodeName, capabilities, cniDir: FACTS.confDir, type: "danm" };
  assertEquals<unknown>(read, { ...wanted, logFile: "/var/log/danm.log", name: "danm", cniVersion: "1.0.0" });
  assertEquals(JSON.parse(renderStatusRequest(FACTS)), { ...plugin, name: "danm", cniVersion: "1.1.0" });
});

Deno.test("confVersion asks of a runtime what it surely has", () => {
  const cases: [string, string][] = [
    ["containerd://2.4.2", "1.1.0"],
    ["containerd://v2.0.0-rc.1", "1.1.0"],
    ["containerd://10.0.0", "1.1.0"],
    ["containerd://1.7.27", "1.0.0"],
    ["cri-o://1.34.0", "1.0.0"],
    ["docker://28.0.1", "1.0.0"],
    ["", "1.0.0"],
  ];
  for (const [runtime, version] of cases) assertEquals(confVersion(runtime), version, runtime);
});
