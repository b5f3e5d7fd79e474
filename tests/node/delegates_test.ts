import { assert, assertEquals, assertMatch } from "@std/assert";
import { CNI_VERSIONS, type CniVersion } from "../../shared/cni/cni_version.ts";
import { type AddResult, DanmLab, type TestSandbox } from "../support/danm_lab.ts";
import { DelegateLab, inside, type StaticNetwork, waitForPing } from "../support/delegates/delegate_lab.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";

labTest("static delegates of the reference plugins on a node", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const delegates = new DelegateLab(await DanmLab.install(lab));
  const [node] = lab.nodes;
  assert(node);
  await delegates.define(...networks());
  await delegates.danm.apply(macvlan(node));
  // Only the first of the two counts.
  await delegates.write("own.conflist", { plugins: [{ type: "nothing" }] });
  const world: World = { delegates, node };

  await t.step("addresses of the file's IPAM, with routes, policy routes, MTU and DanmEp", () => ofTheFile(world));
  await t.step("our addresses of both families", () => ours(world));
  await t.step("IPv6 alone, from the file's IPAM and from us", () => onlyV6(world));
  await t.step("none: the file's IPAM is removed", () => none(world));
  await t.step("an IPAM section of danm-ipam in the file", () => ofDanmIpam(world));
  await t.step("ptp, whose addresses have no subnet on the link", () => pointToPoint(world));
  for (const cniVersion of CNI_VERSIONS) {
    await t.step(`two bridges and a macvlan in one result, cniVersion ${cniVersion}`, () => mixed(world, cniVersion));
  }
  await t.step("eth0 without any address is refused, and undone", () => withoutAddress(world));
});

interface World {
  readonly delegates: DelegateLab;
  readonly node: Node;
}

const BRIDGE = { type: "bridge", isGateway: true };

function hostLocal(...subnets: string[]): object {
  return { type: "host-local", ranges: subnets.map((subnet) => [{ subnet }]) };
}

function networks(): StaticNetwork[] {
  return [
    {
      name: "own",
      type: "Bridge",
      file: { ...BRIDGE, bridge: "brown", ipam: hostLocal("10.130.0.0/24", "fd00:130::/64") },
      options: {
        cidr: "10.130.0.0/24",
        net6: "fd00:130::/64",
        routes: { "10.9.0.0/16": "10.130.0.1" },
        routes6: { "fd00:9::/48": "fd00:130::1" },
        rt_tables: 160,
        mtu: 1400,
      },
    },
    {
      name: "ours",
      type: "bridge",
      file: { ...BRIDGE, name: "wire", bridge: "brours", ipam: hostLocal("10.139.0.0/24") },
      options: {
        cidr: "10.131.0.0/24",
        net6: "fd00:131::/64",
        routes: { "0.0.0.0/0": "10.131.0.1" },
        container_prefix: "net",
      },
    },
    {
      name: "six",
      type: "bridge",
      file: { ...BRIDGE, bridge: "brsix", ipam: hostLocal("fd00:132::/64") },
      options: { net6: "fd00:133::/64" },
    },
    {
      name: "central",
      type: "bridge",
      file: { type: "bridge", bridge: "brcentral", ipam: { type: "danm-ipam", network: "pool" } },
    },
    { name: "pool", type: "macvlan", options: { cidr: "10.135.0.0/24" } },
    { name: "point", type: "ptp", file: { type: "ptp", ipam: hostLocal("10.136.0.0/24") } },
  ];
}

function macvlan({ uplink }: Node): object {
  return {
    apiVersion: "danm.io/v1",
    kind: "DanmNet",
    metadata: { name: "mac", namespace: "default" },
    spec: { NetworkID: "mac", NetworkType: "macvlan", Options: { host_device: uplink, cidr: "10.134.0.0/24" } },
  };
}

async function ofTheFile({ delegates, node }: World): Promise<void> {
  const policy = { proutes: { "10.8.0.0/16": "10.130.0.250" }, proutes6: { "fd00:8::/48": "fd00:130::250" } };
  const { sandbox, result } = await delegates.attach(node, [{ network: "own", ...policy }, { network: "own" }]);
  const [host, v4, v6] = [result.interfaces[2], ...result.ips.map(({ address }) => address)];
  assertEquals(result.interfaces.map(({ name }) => name).filter((name) => /^eth|^br/.test(name)), [
    "eth0",
    "brown",
    "eth1",
    "brown",
  ]);
  assertEquals([host?.name.startsWith("veth"), host?.sandbox], [true, undefined]);
  assertEquals(result.ips.map(({ interface: index, gateway }) => [index, gateway]), [
    [0, "10.130.0.1"],
    [0, "fd00:130::1"],
    [3, "10.130.0.1"],
    [3, "fd00:130::1"],
  ]);
  const { Address, AddressIPv6, MacAddress } = (await delegates.endpoints(sandbox)).get("eth0") ?? {};
  assertEquals([Address, AddressIPv6, MacAddress], [v4, v6, result.interfaces[0]?.mac]);
  assertMatch(await inside(sandbox, "ip", "route"), /^10\.9\.0\.0\/16 via 10\.130\.0\.1 dev eth[01]/m);
  assertMatch(await inside(sandbox, "ip", "-6", "route"), /^fd00:9::\/48 via fd00:130::1 dev eth[01]/m);
  const [bare4 = "", bare6 = ""] = [v4, v6].map((address) => address?.split("/")[0]);
  assertEquals(rulesOf(await inside(sandbox, "ip", "rule")), [`from ${bare4} lookup 160`]);
  assertEquals(rulesOf(await inside(sandbox, "ip", "-6", "rule")), [`from ${bare6} lookup 160`]);
  const table = await inside(sandbox, "ip", "route", "show", "table", "160");
  assertMatch(table, /^10\.8\.0\.0\/16 via 10\.130\.0\.250 dev eth0/m);
  assertMatch(table, /^10\.130\.0\.0\/24 dev eth0/m);
  assertEquals(await mtuOf(sandbox, "eth0"), 1400);
  await waitForPing(sandbox, "10.130.0.1");
  await waitForPing(sandbox, "fd00:130::1");
  await delegates.detach(sandbox);
}

async function ours({ delegates, node }: World): Promise<void> {
  const { sandbox, result } = await delegates.attach(node, [{ network: "ours", ip: "10.131.0.7", ip6: "dynamic" }]);
  const { result: other, sandbox: peer } = await delegates.attach(node, [{ network: "ours", ip: "dynamic" }]);
  assertEquals(result.ips[0], { address: "10.131.0.7/24", gateway: "10.131.0.1", interface: 0 });
  assertMatch(result.ips[1]?.address ?? "", /^fd00:131::[0-9a-f:]+\/64$/);
  assertEquals((await delegates.danm.held()).filter(({ kind }) => kind === "DanmIp").length, 3);
  assertEquals(await inside(sandbox, "sysctl", "-n", "net.ipv6.conf.eth0.disable_ipv6"), "0\n");
  assertEquals(await inside(peer, "sysctl", "-n", "net.ipv6.conf.eth0.disable_ipv6"), "1\n");
  await waitForPing(sandbox, other.ips[0]?.address.split("/")[0] ?? "");
  await delegates.danm.del(sandbox, delegates.with());
  await sandbox.node.deleteNetns(sandbox.netns);
  await delegates.detach(peer);
}

async function onlyV6({ delegates, node }: World): Promise<void> {
  for (const [request, subnet] of [[{}, "fd00:132::"], [{ ip6: "dynamic" }, "fd00:133::"]] as const) {
    const { sandbox, result } = await delegates.attach(node, [{ network: "six", ...request }]);
    assertEquals(result.ips.map(({ address }) => address.startsWith(subnet)), [true], JSON.stringify(result.ips));
    assertEquals((await delegates.endpoints(sandbox)).get("eth0")?.AddressIPv6, result.ips[0]?.address);
    assertEquals(await inside(sandbox, "sysctl", "-n", "net.ipv6.conf.eth0.accept_ra"), "0\n");
    await delegates.detach(sandbox);
  }
}

async function none({ delegates, node }: World): Promise<void> {
  const { sandbox, result } = await delegates.attach(node, [
    { network: "ours", ip: "dynamic" },
    { network: "own", ip: "none" },
    { network: "ours", ip: "none", ip6: "none" },
  ]);
  assertEquals(result.ips.map(({ interface: index }) => index), [0]);
  const { Address, AddressIPv6, MacAddress } = (await delegates.endpoints(sandbox)).get("net2") ?? {};
  assertEquals([Address, AddressIPv6], [undefined, undefined]);
  assertEquals(MacAddress, result.interfaces.find(({ name }) => name === "net2")?.mac);
  assertEquals(await inside(sandbox, "ip", "-4", "-brief", "address", "show", "dev", "eth1"), "");
  await delegates.detach(sandbox);
}

async function ofDanmIpam({ delegates, node }: World): Promise<void> {
  const ipam = { type: "danm-ipam", network: "pool", kubeconfig: delegates.danm.kubeconfig(node), nodeName: node.name };
  await delegates.write("central.conf", { type: "bridge", bridge: "brcentral", ipam });
  const { sandbox, result } = await delegates.attach(node, [{ network: "central" }, { network: "central" }]);
  const held = (await delegates.danm.held()).filter(({ kind }) => kind === "DanmIp").map(({ name }) => name);
  const names = result.ips.map(({ address }) => `${address.split("/")[0]}.dn.default.pool`);
  assertEquals(held.sort(), names.sort());
  assertEquals(result.ips.map(({ address }) => address.startsWith("10.135.0.")), [true, true]);
  await delegates.detach(sandbox);
  assertEquals(await delegates.danm.held(), []);
}

async function pointToPoint({ delegates, node }: World): Promise<void> {
  const { sandbox, result } = await delegates.attach(node, [{ network: "point" }]);
  assertEquals(result.ips.map(({ gateway, interface: index }) => [gateway, index]), [["10.136.0.1", 0]]);
  await waitForPing(sandbox, "10.136.0.1");
  await delegates.detach(sandbox);
}

/** Every interface of another backend, and every address of another giver. */
async function mixed({ delegates, node }: World, cniVersion: CniVersion): Promise<void> {
  const conf = { cniVersion };
  const { sandbox, result } = await delegates.attach(node, [
    { network: "own" },
    { network: "mac", ip: "10.134.0.9" },
    { network: "ours", ip: "dynamic", ip6: "dynamic" },
  ], { conf });
  assertEquals(result.cniVersion, cniVersion);
  const own = result.interfaces.filter(({ sandbox }) => sandbox !== undefined);
  assertEquals(own.map(({ name, sandbox }) => [name, sandbox]), [
    ["eth0", sandbox.netns],
    ["eth1", sandbox.netns],
    ["net2", sandbox.netns],
  ]);
  assertEquals(addressesByName(result), [
    ["eth0", "10.130.0"],
    ["eth0", "fd00:130"],
    ["eth1", "10.134.0"],
    ["net2", "10.131.0"],
    ["net2", "fd00:131"],
  ]);
  const withFamily = cniVersion === "0.3.1" || cniVersion === "0.4.0";
  assertEquals(
    result.ips.map(({ version }) => version),
    withFamily ? ["4", "6", "4", "4", "6"] : Array(5).fill(undefined),
  );
  const kernel: { ifname: string; address: string }[] = JSON.parse(await inside(sandbox, "ip", "-json", "link"));
  const endpoints = await delegates.endpoints(sandbox);
  for (const { name, mac } of own) {
    assertEquals([mac, mac], [kernel.find(({ ifname }) => ifname === name)?.address, endpoints.get(name)?.MacAddress]);
  }
  const gone = result.interfaces.filter(({ name, sandbox }) => sandbox === undefined && name.startsWith("veth"));
  assertEquals(gone.length, 2, "the host's ends of two pairs");
  await delegates.detach(sandbox, { conf });
}

async function withoutAddress({ delegates, node }: World): Promise<void> {
  await delegates.define({ name: "bare", type: "bridge", file: { type: "bridge", bridge: "brbare" } });
  const sandbox = await delegates.danm.createSandboxFor(node, [{ network: "bare" }]);
  const { code, msg } = await delegates.danm.fail(sandbox, "ADD", delegates.with());
  assertEquals([code, msg], [104, "eth0 on DanmNet default/bare would have no address"]);
  await delegates.assertGone(sandbox);
}

function rulesOf(text: string): string[] {
  return [...text.matchAll(/^32000:\s+(.*\S)\s*$/gm)].map(([, rule]) => rule ?? "");
}

function addressesByName({ interfaces, ips }: AddResult): string[][] {
  return ips.map(({ address, interface: index }) => [interfaces[index]?.name ?? "", address.slice(0, 8)]);
}

async function mtuOf(sandbox: TestSandbox, name: string): Promise<number> {
  return JSON.parse(await inside(sandbox, "ip", "-json", "link", "show", "dev", name))[0].mtu;
}
