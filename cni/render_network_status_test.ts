import { assertEquals } from "@std/assert";
import type { CniResult } from "../shared/cni/cni_result.ts";
import { type AttachedInterface, renderNetworkStatus } from "./render_network_status.ts";

const SANDBOX = "/run/netns/x";

const on = (
  name: string,
  kind: "DanmNet" | "TenantNetwork" | "ClusterNetwork",
  network: string,
): AttachedInterface => ({
  interface: name,
  network: { kind, metadata: { name: network } },
});

const render = (attached: readonly AttachedInterface[], result: CniResult): object[] =>
  renderNetworkStatus(attached, { result, namespace: "a" });

Deno.test("the status has an entry for each interface, with what the result says of it", () => {
  const attached = [
    on("eth0", "DanmNet", "management"),
    on("ext1", "ClusterNetwork", "external"),
    on("net2", "TenantNetwork", "backend"),
  ];
  const result = {
    interfaces: [
      { name: "eth0", mac: "02:00:00:00:00:01", mtu: 1500, sandbox: SANDBOX },
      { name: "ext1", mac: "02:00:00:00:00:02", mtu: 9000, sandbox: SANDBOX },
      { name: "net2", sandbox: SANDBOX, pciID: "0000:3b:02.1" },
    ],
    ips: [
      { address: "10.0.0.5/24", gateway: "10.0.0.1", interface: 0 },
      { address: "fd00::5/64", gateway: "fd00::1", interface: 0 },
      { address: "192.0.2.7/24", interface: 1 },
    ],
    dns: { nameservers: ["10.0.0.53"], search: ["lab.local"] },
  };
  assertEquals(render(attached, result), [
    {
      name: "a/management",
      interface: "eth0",
      ips: ["10.0.0.5", "fd00::5"],
      mac: "02:00:00:00:00:01",
      mtu: 1500,
      default: true,
      dns: { nameservers: ["10.0.0.53"], search: ["lab.local"] },
      gateway: ["10.0.0.1", "fd00::1"],
    },
    {
      name: "external",
      interface: "ext1",
      ips: ["192.0.2.7"],
      mac: "02:00:00:00:00:02",
      mtu: 9000,
      default: false,
      dns: {},
    },
    {
      name: "a/backend",
      interface: "net2",
      default: false,
      dns: {},
      "device-info": { type: "pci", version: "1.1.0", pci: { "pci-address": "0000:3b:02.1" } },
    },
  ]);
});

Deno.test("a NetworkAttachmentDefinition is named with its own namespace", () => {
  const metadata = { name: "net", namespace: "b" };
  const network = { kind: "NetworkAttachmentDefinition", metadata } as const;
  assertEquals(render([on("eth0", "DanmNet", "net"), { interface: "net1", network }], {}), [
    { name: "a/net", interface: "eth0", default: true, dns: {} },
    { name: "b/net", interface: "net1", default: false, dns: {} },
  ]);
});

Deno.test("links of the host, also of the same name, are not taken for those of the sandbox", () => {
  const result = {
    interfaces: [
      { name: "bridge0" },
      { name: "eth0", mac: "02:00:00:00:00:0f", sandbox: "" },
      { name: "eth0", mac: "02:00:00:00:00:01", sandbox: SANDBOX },
    ],
    ips: [
      { address: "10.0.0.9/24", interface: 0 },
      { address: "10.0.0.8/24" },
      { address: "10.0.0.5/24", interface: 2 },
    ],
  };
  assertEquals(render([on("eth0", "DanmNet", "n")], result), [
    { name: "a/n", interface: "eth0", ips: ["10.0.0.5"], mac: "02:00:00:00:00:01", default: true, dns: {} },
  ]);
});

Deno.test("an interface that the result does not have, and an address that is nobody's, do not meet", () => {
  const result = { interfaces: [], ips: [{ address: "10.0.0.9/24" }, { address: "10.0.0.8/24", interface: -1 }] };
  assertEquals(render([on("eth0", "DanmNet", "n")], result), [
    { name: "a/n", interface: "eth0", default: true, dns: {} },
  ]);
});

Deno.test("exactly one of many interfaces is the default, also if all are on one network", () => {
  const names = ["eth0", ...Array.from({ length: 9 }, (_, index) => `net${index + 1}`)];
  const interfaces = names.map((name) => ({ name, sandbox: SANDBOX }));
  const status = renderNetworkStatus(names.map((name) => on(name, "DanmNet", "n")), {
    namespace: "a",
    result: { interfaces },
  });
  assertEquals(status.filter((one) => one.default).map((one) => one.interface), ["eth0"]);
  assertEquals(status.map((one) => one.interface), names);
});
