/** The definitions that Pods of the tests ask for. */
import type { AddResult, DanmLab, TestSandbox } from "../../support/danm_lab.ts";
import { inside } from "../../support/delegates/delegate_lab.ts";
import type { ScriptedDelegate } from "../../support/delegates/scripted_delegate.ts";
import type { Node } from "../../support/lab/node.ts";
import type { NadLab, TestNad } from "../../support/nad_lab.ts";

/** A node, definitions, and a plugin that can be told what to do. */
export interface World {
  readonly nads: NadLab;
  /** A plugin that says what it was told. */
  readonly scripted: ScriptedDelegate;
  readonly cniDir: string;
}

/** Our networks; one has default routes of both families. */
export function networks({ uplink }: Node): object[] {
  const network = (name: string, options: object, NetworkType = "macvlan"): object => ({
    apiVersion: "danm.io/v1",
    kind: "DanmNet",
    metadata: { name, namespace: "default" },
    spec: { NetworkID: name, NetworkType, Options: { host_device: uplink, ...options } },
  });
  return [
    network("default", {
      cidr: "10.150.0.0/24",
      net6: "fd00:150::/64",
      routes: { "0.0.0.0/0": "10.150.0.1", "10.9.0.0/16": "10.150.0.2" },
      routes6: { "::/0": "fd00:150::1" },
    }),
    network("management", { cidr: "10.157.0.0/24", routes: { "0.0.0.0/0": "10.157.0.1" } }),
    network("pool", { cidr: "10.151.0.0/24" }),
    network("ip", { cidr: "10.158.0.0/24" }, "ipvlan"),
  ];
}

/** The definitions, one for each way in which one can be written. */
export function definitions(danm: DanmLab, node: Node): TestNad[] {
  const hostLocal = (...subnets: string[]): object => ({
    type: "host-local",
    ranges: subnets.map((subnet) => [{ subnet }]),
  });
  const bridge = { cniVersion: "1.0.0", type: "bridge" };
  const ipam = {
    type: "danm-ipam",
    network: "pool",
    kubeconfig: danm.kubeconfig(node),
    nodeName: node.name,
    logFile: "/var/log/danm.log",
  };
  return [
    { name: "br", config: { ...bridge, bridge: "nadbr", ipam: hostLocal("10.152.0.0/24") } },
    { name: "br", namespace: "other", config: { ...bridge, bridge: "nadother", ipam: hostLocal("10.153.0.0/24") } },
    { name: "mac", config: { cniVersion: "1.0.0", type: "macvlan", master: node.uplink, ipam } },
    {
      name: "gw",
      config: {
        ...bridge,
        bridge: "nadgw",
        isDefaultGateway: true,
        ipam: hostLocal("10.154.0.0/24", "fd00:154::/64"),
      },
    },
    {
      name: "list",
      config: {
        cniVersion: "1.0.0",
        name: "list",
        plugins: [
          { ...bridge, bridge: "nadlist", capabilities: { ips: true }, ipam: hostLocal("10.155.0.0/24") },
          { type: "tuning", capabilities: { mac: true }, sysctl: { "net.ipv4.conf.net1.arp_filter": "1" } },
          { type: "portmap", backend: "nftables", snat: false, capabilities: { portMappings: true } },
        ],
      },
    },
    {
      name: "told",
      config: {
        cniVersion: "1.0.0",
        type: "recorder",
        args: { cni: { kept: 1, given: 1 }, other: 2 },
        capabilities: { ips: true, bandwidth: true },
      },
    },
    { name: "inner", config: { cniVersion: "1.0.0", type: "recorder", linkInContainer: true } },
    { name: "onours", config: { cniVersion: "1.0.0", type: "vlan", master: "eth0", vlanId: 5, linkInContainer: true } },
    { name: "file" },
    { name: "nofile" },
    { name: "text", config: "{" },
    { name: "ours", config: { type: "danm" } },
    { name: "ipam", config: { type: "host-local" } },
    { name: "tagged", config: { type: "macvlan", master: node.uplink, vlan: 300 } },
  ];
}

/** What a Pod asks of our networks. */
export const POD_NETWORK = [{ network: "default", ip: "dynamic", ip6: "dynamic" }];

/** The addresses of an interface. */
export function addressOf({ interfaces, ips }: AddResult, name: string): string[] {
  const index = interfaces.findIndex((one) => one.name === name && one.sandbox);
  return ips.filter((ip) => ip.interface === index).map(({ address }) => address);
}

/** `<gateway> <interface>` of every default route in the main tables. */
export async function defaultRoutes(sandbox: TestSandbox): Promise<string[]> {
  const families = await Promise.all(["-4", "-6"].map(async (family) => {
    const routes = JSON.parse(await inside(sandbox, "ip", "-json", family, "route", "show", "default"));
    return routes.map(({ gateway, dev }: { gateway: string; dev: string }) => `${gateway} ${dev}`);
  }));
  return families.flat();
}

/** Network, kind and type of a sandbox's DanmEps, in the order of its interfaces. */
export async function endpoints(danm: DanmLab, sandbox: TestSandbox): Promise<string[][]> {
  const { items } = JSON.parse(await danm.lab.kubectl(["get", "danmeps", "-o", "json"]));
  const specs: Record<string, string>[] = items.map(({ spec }: { spec: Record<string, unknown> }) => ({
    ...spec,
    name: (spec["Interface"] as { Name: string }).Name,
  }));
  const order = ["eth0", "net1", "ext", "net3"];
  return specs.filter(({ CID }) => CID === sandbox.containerID)
    .sort((a, b) => order.indexOf(a["name"] ?? "") - order.indexOf(b["name"] ?? ""))
    .map(({ NetworkName = "", apiType = "", NetworkType = "" }) => [NetworkName, apiType, NetworkType]);
}
