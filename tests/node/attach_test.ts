import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { type AddResult, DanmLab, DIST, type TestSandbox } from "../support/danm_lab.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import type { Node } from "../support/lab/node.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("sandboxes on nodes with ipvlan, VLAN and VxLAN", async (t) => {
  await using lab = await startLab({ nodes: 2 });
  const danm = await DanmLab.install(lab);
  const [one, two] = lab.nodes;
  assert(one && two);
  await danm.apply(...networks(one));
  for (const node of lab.nodes) await makeHostLinks(node);
  const world: World = { lab, danm, one, two };

  await t.step("kernels of their own do not share a cache of compiled code", () => ownCaches(world));
  await t.step("an ipvlan with both families has what the network says", () => dualStack(world));
  await t.step(
    "eight interfaces of five kinds of networks reach their peers on the other node",
    () => everyNetwork(world),
  );
  await t.step("neighbours that knew the address under another link hear of the new one", () => announced(world));
  await t.step("a Pod that asks for nothing gets the default network with both families", () => defaultNetwork(world));
  await t.step("namingScheme legacy takes the prefix as the name", () => legacyNames(world));
  await t.step("a newer sandbox of a Pod takes over its static address", () => superseded(world));
  await t.step("an interface name that the sandbox has already is left to its owner", () => takenName(world));
});

interface World {
  readonly lab: Lab;
  readonly danm: DanmLab;
  readonly one: Node;
  readonly two: Node;
}

/** SQLite relies on locks and shared memory, which kernels on one hostfs do not have: V8 has crashed on what came of it. */
async function ownCaches({ lab }: World): Promise<void> {
  const [marker = ""] = crypto.randomUUID().split("-");
  for (const node of lab.nodes.filter(({ kind }) => kind === "uml")) {
    const path = `${DIST}/cache/${marker}`;
    const { code } = await node.run(["mkdir", path], { check: false });
    assertEquals(code, 0, `${node.name} sees what another kernel wrote into ${DIST}/cache`);
    await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
  }
}

function networks({ uplink }: Node): object[] {
  const network = (kind: string, name: string, spec: object, options: object): object => ({
    apiVersion: "danm.io/v1",
    kind,
    metadata: { name, ...(kind !== "ClusterNetwork" && { namespace: "default" }) },
    spec: { NetworkID: name, NetworkType: "ipvlan", ...spec, Options: { host_device: uplink, ...options } },
  });
  const routed = {
    cidr: "10.100.0.0/24",
    allocation_pool: { start: "10.100.0.100", end: "10.100.0.200" },
    net6: "fd00:100::/64",
    allocation_pool_v6: { cidr: "fd00:100::100/120" },
    routes: { "10.9.0.0/16": "10.100.0.1" },
    routes6: { "fd00:9::/48": "fd00:100::1" },
    rt_tables: 150,
  };
  return [
    network("DanmNet", "plain", {}, routed),
    network("DanmNet", "tagged", {}, { vlan: 100, cidr: "10.101.0.0/24", container_prefix: "tag", mtu: 1400 }),
    network("ClusterNetwork", "overlay", {}, { vxlan: 4242, cidr: "10.102.0.0/24" }),
    network("TenantNetwork", "tenant", {}, { cidr: "10.103.0.0/24" }),
    // The kernel does not take both ipvlans and macvlans on one device: the macvlans are on a VLAN of their own.
    network("ClusterNetwork", "mac", { NetworkType: "macvlan" }, {
      vlan: 200,
      cidr: "10.104.0.0/24",
      net6: "fd00:104::/64",
    }),
    network("ClusterNetwork", "default", {}, { cidr: "10.105.0.0/24", net6: "fd00:105::/64" }),
    network("DanmNet", "second", {}, { cidr: "10.106.0.0/24" }),
    network("ClusterNetwork", "third", { AllowedTenants: ["default"] }, { cidr: "10.107.0.0/24" }),
  ];
}

/** What the netwatcher will do: the host links of the networks with a VLAN or VxLAN. */
async function makeHostLinks(node: Node): Promise<void> {
  const { uplink } = node;
  const commands = [
    `link add link ${uplink} name tagged.100 type vlan id 100`,
    "link set tagged.100 up",
    `link add link ${uplink} name mac.200 type vlan id 200`,
    "link set mac.200 up",
    `link add vx_overlay type vxlan id 4242 dev ${uplink} dstport 4789 group 239.0.16.146`,
    "link set vx_overlay up",
  ];
  await node.run(["ip", "-batch", "-"], { stdin: commands.map((line) => `${line}\n`).join("") });
}

async function inside(sandbox: TestSandbox, ...argv: string[]): Promise<string> {
  return (await sandbox.node.run(["nsenter", `--net=${sandbox.netns}`, ...argv])).stdout;
}

function addressesOf(result: AddResult, name: string): string[] {
  return result.ips.filter((ip) => result.interfaces[ip.interface]?.name === name).map(({ address }) => address);
}

async function detached(danm: DanmLab, ...sandboxes: readonly TestSandbox[]): Promise<void> {
  for (const sandbox of sandboxes) {
    await danm.del(sandbox);
    assertEquals(await danm.leftovers(sandbox), []);
    await sandbox.node.deleteNetns(sandbox.netns);
  }
}

async function dualStack({ danm, one, lab }: World): Promise<void> {
  const sandbox = await danm.createSandboxFor(one, [{
    network: "plain",
    ip: "dynamic",
    ip6: "fd00:100::42",
    proutes: { "10.8.0.0/16": "10.100.0.2" },
    proutes6: { "fd00:8::/48": "fd00:100::2" },
  }]);
  const result = await danm.add(sandbox);
  const [first = "", ...others] = result.ips.map(({ address }) => address);
  assertMatch(first, /^10\.100\.0\.(1\d\d|200)\/24$/, "an address of the pool");
  assertEquals(others, ["fd00:100::42/64"]);
  assertEquals(result.routes, [{ dst: "10.9.0.0/16", gw: "10.100.0.1" }, { dst: "fd00:9::/48", gw: "fd00:100::1" }]);

  const [link] = JSON.parse(await inside(sandbox, "ip", "-json", "-details", "address", "show", "dev", "eth0"));
  assertEquals(link.linkinfo.info_kind, "ipvlan");
  assertEquals(link.linkinfo.info_data.mode, "l2");
  assertEquals(link.address, result.interfaces[0]?.mac);
  const addresses = link.addr_info.filter(({ scope }: { scope: string }) => scope === "global");
  assertEquals(
    addresses.map((at: { local: string; prefixlen: number }) => `${at.local}/${at.prefixlen}`),
    [first, "fd00:100::42/64"],
  );
  assertEquals(addresses[1].tentative, undefined, "no duplicate address detection");
  assertMatch(await inside(sandbox, "ip", "route"), /^10\.9\.0\.0\/16 via 10\.100\.0\.1 dev eth0/m);
  assertMatch(await inside(sandbox, "ip", "-6", "route"), /^fd00:9::\/48 via fd00:100::1 dev eth0/m);
  assertMatch(
    await inside(sandbox, "ip", "route", "show", "table", "150"),
    /^10\.8\.0\.0\/16 via 10\.100\.0\.2 dev eth0/m,
  );
  assertMatch(await inside(sandbox, "ip", "route", "show", "table", "150"), /^10\.100\.0\.0\/24 dev eth0/m);
  assertMatch(await inside(sandbox, "ip", "-6", "route", "show", "table", "150"), /^fd00:8::\/48 via fd00:100::2/m);
  assertMatch(await inside(sandbox, "ip", "-6", "route", "show", "table", "150"), /^fd00:100::\/64 dev eth0/m);
  assertStringIncludes(await inside(sandbox, "ip", "rule"), `from ${first.split("/")[0]} lookup 150`);
  assertMatch(await inside(sandbox, "ip", "-6", "rule"), /from fd00:100::42 lookup 150/);
  assertEquals(
    await inside(sandbox, "sysctl", "-n", "net.ipv6.conf.eth0.disable_ipv6", "net.ipv6.conf.eth0.accept_ra"),
    "0\n0\n",
  );

  const { items: [endpoint] } = JSON.parse(await lab.kubectl(["get", "danmeps", "-n", "default", "-o", "json"]));
  assertEquals(endpoint.spec.Interface.Address, first);
  assertEquals(endpoint.spec.Interface.AddressIPv6, "fd00:100::42/64");
  assertEquals(endpoint.spec.Interface.MacAddress, result.interfaces[0]?.mac);
  assertEquals([endpoint.spec.Pod, endpoint.spec.PodUID, endpoint.spec.Host], [
    sandbox.pod.name,
    sandbox.pod.uid,
    one.name,
  ]);
  await detached(danm, sandbox);
}

async function everyNetwork({ danm, one, two }: World): Promise<void> {
  const interfaces = [
    { network: "plain", ip: "dynamic", ip6: "dynamic" },
    { network: "tagged", ip: "dynamic" },
    { clusterNetwork: "overlay", ip: "dynamic" },
    { tenantNetwork: "tenant", ip: "dynamic" },
    { clusterNetwork: "mac", ip: "dynamic", ip6: "dynamic" },
    { network: "second" },
    { clusterNetwork: "third", ip: "dynamic" },
    { network: "plain", ip: "10.100.0.10" },
  ];
  const here = await danm.createSandboxFor(one, interfaces);
  const there = await danm.createSandboxFor(two, interfaces.slice(0, -1));
  const [first, second] = await Promise.all([danm.add(here), danm.add(there)]);
  assertEquals(
    first.interfaces.map(({ name }) => name),
    ["eth0", "tag1", "eth2", "eth3", "eth4", "eth5", "eth6", "eth7"],
  );
  assertEquals(addressesOf(first, "eth5"), [], "no address was asked for");
  const links: { ifname: string; mtu: number; operstate: string }[] = JSON.parse(
    await inside(here, "ip", "-json", "link"),
  );
  assertEquals(links.find(({ ifname }) => ifname === "tag1")?.mtu, 1400);
  for (const { name } of second.interfaces) {
    for (const address of addressesOf(second, name)) {
      const [target = ""] = address.split("/");
      await waitFor(`${name} of ${here.pod.name} to reach ${target}`, async () => {
        await inside(here, "ping", "-c", "1", "-W", "2", "-I", name, target);
        return true;
      }, { timeoutMs: 15_000 });
    }
  }
  assertEquals(await inside(here, "sysctl", "-n", "net.ipv6.conf.tag1.disable_ipv6"), "1\n");
  await detached(danm, here, there);
}

async function announced({ danm, one, two }: World): Promise<void> {
  const peer = await danm.createSandboxFor(two, [
    { network: "plain", ip: "10.100.0.50", ip6: "fd00:100::50" },
    { clusterNetwork: "mac", ip: "10.104.0.50", ip6: "fd00:104::50" },
  ]);
  await danm.add(peer);
  const stale = [["10.100.0.60", "eth0"], ["fd00:100::60", "eth0"], ["10.104.0.60", "eth1"], [
    "fd00:104::60",
    "eth1",
  ]] as const;
  for (const [address, dev] of stale) {
    await inside(peer, "ip", "neigh", "add", address, "lladdr", "02:aa:aa:aa:aa:aa", "dev", dev, "nud", "stale");
  }
  const newcomer = await danm.createSandboxFor(one, [
    { network: "plain", ip: "10.100.0.60", ip6: "fd00:100::60" },
    { clusterNetwork: "mac", ip: "10.104.0.60", ip6: "fd00:104::60" },
  ]);
  const { interfaces } = await danm.add(newcomer);
  for (const [address, dev] of stale) {
    const mac = interfaces.find(({ name }) => name === dev)?.mac ?? "none";
    await waitFor(`the peer to know ${address} at ${mac}`, async () => {
      return (await inside(peer, "ip", "neigh", "show", address)).includes(mac);
    }, { timeoutMs: 10_000 });
  }
  await detached(danm, peer, newcomer);
}

async function defaultNetwork({ danm, one }: World): Promise<void> {
  for (const interfaces of [undefined, "", "[]"]) {
    const pod = await danm.createPod(one, interfaces === undefined ? {} : { interfaces });
    const sandbox = await danm.createSandbox(one, pod);
    const result = await danm.add(sandbox);
    assertEquals(result.interfaces.map(({ name }) => name), ["eth0"]);
    assertMatch(result.ips.map(({ address }) => address).join(" "), /^10\.105\.0\.\d+\/24 fd00:105::[0-9a-f:]+\/64$/);
    await detached(danm, sandbox);
  }
}

async function legacyNames({ danm, one }: World): Promise<void> {
  const sandbox = await danm.createSandboxFor(one, [{ network: "plain", ip: "dynamic" }, {
    network: "tagged",
    ip: "dynamic",
  }]);
  const result = await danm.add(sandbox, { conf: { namingScheme: "legacy" } });
  assertEquals(result.interfaces.map(({ name }) => name), ["eth0", "tag"]);
  await detached(danm, sandbox);
}

async function superseded({ danm, one }: World): Promise<void> {
  const pod = await danm.createPod(one, { interfaces: [{ network: "second", ip: "10.106.0.77" }] });
  const older = await danm.createSandbox(one, pod);
  await danm.add(older);
  const newer = await danm.createSandbox(one, pod);
  const result = await danm.add(newer);
  assertEquals(result.ips.map(({ address }) => address), ["10.106.0.77/24"]);
  await danm.del(older);
  assertEquals((await danm.held()).map(({ containerID }) => containerID), [newer.containerID, newer.containerID]);
  await detached(danm, newer);
  await older.node.deleteNetns(older.netns);
}

async function takenName({ danm, one }: World): Promise<void> {
  const sandbox = await danm.createSandboxFor(one, [{ network: "second", ip: "dynamic" }]);
  await inside(sandbox, "ip", "link", "add", "eth0", "type", "dummy");
  const { code, msg } = await danm.fail(sandbox, "ADD");
  assertEquals(code, 106);
  assertMatch(msg, /^eth0 on DanmNet default\/second: the sandbox has an interface of that name already$/);
  await danm.del(sandbox);
  const links: { ifname: string }[] = JSON.parse(await inside(sandbox, "ip", "-json", "link"));
  assertEquals(links.map(({ ifname }) => ifname), ["lo", "eth0"]);
  assertEquals(await danm.held(), []);
  await one.deleteNetns(sandbox.netns);
}
