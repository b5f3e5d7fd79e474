import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DanmLab, type TestSandbox } from "../support/danm_lab.ts";
import { DelegateLab, inside } from "../support/delegates/delegate_lab.ts";
import { SriovNode } from "../support/delegates/sriov_node.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";

const POOL = "vendor.com/dpdk";
const [PLAIN, TAGGED, KERNEL] = ["0000:05:10.0", "0000:05:10.1", "0000:05:10.2"];

interface World {
  readonly delegates: DelegateLab;
  readonly node: Node;
  readonly sriov: SriovNode;
}

labTest("functions with userspace drivers have links that stand for them", {}, async (t) => {
  // Kernels of its own have dummy and VLAN links.
  await using lab = await startLab({ nodes: 1, nodeKind: "uml" });
  const delegates = new DelegateLab(await DanmLab.install(lab));
  const [node] = lab.nodes;
  assert(node);
  const sriov = await SriovNode.prepare(node, {
    dir: lab.dir,
    functions: [
      { id: PLAIN, driver: "vfio-pci" },
      { id: TAGGED, driver: "igb_uio" },
      { id: KERNEL, driver: "ixgbevf", link: "ens1f0v2" },
    ],
    plugins: ["sriov"],
  });
  const plain = { cidr: "10.160.0.0/24", net6: "fd00:160::/64", routes: { "10.9.0.0/16": "10.160.0.1" }, mtu: 9000 };
  const tagged = { cidr: "10.161.0.0/24", net6: "fd00:161::/64", vlan: 4094, container_prefix: "vlanned" };
  await delegates.define(
    { name: "plain", type: "sriov", options: { device_pool: POOL, ...plain } },
    { name: "tagged", type: "sriov", options: { device_pool: POOL, ...tagged } },
  );
  const world = { delegates, node, sriov };
  await t.step("dummy and VLAN link beside a function of the kernel, and DEL", () => threeKinds(world));
  await t.step("a name that the sandbox has already is left to its owner", () => takenName(world));
});

function options(
  { delegates, sriov }: World,
  conf: Record<string, unknown> = {},
): ReturnType<DelegateLab["with"]> {
  return delegates.with({
    conf: { cniVersion: "1.1.0", ...conf },
    env: { CNI_PATH: `${sriov.pluginDir}:${delegates.danm.cniPath}` },
  });
}

/** A link as the kernel shows it. */
interface Link {
  readonly ifname: string;
  readonly ifalias?: string;
  readonly address: string;
  readonly mtu: number;
  readonly link?: string;
  readonly flags: readonly string[];
  readonly linkinfo?: { readonly info_kind: string; readonly info_data?: { readonly id?: number } };
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
}

async function linksOf(sandbox: TestSandbox): Promise<Map<string, Link>> {
  const links: Link[] = JSON.parse(await inside(sandbox, "ip", "-json", "-details", "address", "show"));
  return new Map(links.filter(({ ifname }) => ifname !== "lo").map((link) => [link.ifname, link]));
}

const DYNAMIC = { ip: "dynamic", ip6: "dynamic" };

async function threeKinds(world: World): Promise<void> {
  const { delegates: { danm }, node, sriov } = world;
  const sandbox = await danm.createSandboxFor(node, [
    { network: "plain", ...DYNAMIC },
    { network: "tagged", ...DYNAMIC },
    { network: "plain", ip: "dynamic" },
  ]);
  await sriov.writeCheckpoint({ [sandbox.pod.uid]: { [POOL]: [KERNEL, TAGGED, PLAIN] } });
  const result = await danm.add(sandbox, options(world));
  const links = await linksOf(sandbox);
  const [dummy, vlan] = [links.get("eth0"), links.get("vlanned1")];
  assert(dummy && vlan?.link);
  const standIn = links.get(vlan.link);
  assert(standIn);
  assertEquals(links.size, 4);
  assertEquals([dummy.linkinfo?.info_kind, dummy.ifalias, dummy.mtu], ["dummy", PLAIN, 9000]);
  assertEquals([vlan.linkinfo?.info_kind, vlan.linkinfo?.info_data?.id, vlan.ifalias], ["vlan", 4094, TAGGED]);
  assertEquals([standIn.linkinfo?.info_kind, standIn.ifalias, standIn.addr_info], ["dummy", TAGGED, []]);
  assertMatch(standIn.ifname, /^vf-[0-9a-z]{1,6}$/);
  assertEquals(vlan.address, standIn.address);
  for (const link of links.values()) assert(link.flags.includes("UP"), link.ifname);
  assertAddresses({ result, links });
  assertStringIncludes(await inside(sandbox, "ip", "route"), "10.9.0.0/16 via 10.160.0.1 dev eth");
  await assertTold(world, { sandbox, links });
  const checked = await danm.call(sandbox, "CHECK", options(world, { prevResult: result }));
  assertEquals([checked.code, checked.document], [0, undefined]);
  // Whatever the Pod does to its links, DEL returns what ADD took.
  await inside(sandbox, "ip", "link", "set", "dev", "eth0", "alias", KERNEL);
  await danm.del(sandbox, options(world));
  const dels = sriov.calls(sandbox).filter(({ command }) => command === "DEL");
  assertEquals(dels.map(({ ifname, conf }) => [ifname, conf["deviceID"]]).sort(), [
    ["eth0", PLAIN],
    ["eth2", KERNEL],
    ["vlanned1", TAGGED],
  ]);
  assertEquals(await danm.leftovers(sandbox), []);
  assertMatch((await node.run(["ip", "-brief", "link", "show"])).stdout, /^ens1f0v2@/m);
  await node.deleteNetns(sandbox.netns);
}

/** Result and kernel have the same of each interface: addresses, hardware address, MTU. */
function assertAddresses(
  { result, links }: { result: Awaited<ReturnType<DanmLab["add"]>>; links: ReadonlyMap<string, Link> },
): void {
  const expected = [["eth0", PLAIN, 2], ["vlanned1", TAGGED, 2], ["eth2", KERNEL, 1]];
  const shown = result.interfaces.map((one, index) => [
    one.name,
    "pciID" in one && one.pciID,
    result.ips.filter((ip) => ip.interface === index).length,
  ]);
  assertEquals(shown, expected);
  for (const [index, { name, mac, mtu }] of result.interfaces.entries()) {
    const link = links.get(name);
    assertEquals([mac, mtu], [link?.address, link?.mtu]);
    const has = link?.addr_info.filter(({ scope }) => scope === "global").map((one) => `${one.local}/${one.prefixlen}`);
    const given = result.ips.filter((ip) => ip.interface === index).map(({ address }) => address);
    assertEquals(has?.sort(), given.sort());
  }
}

/** The plugin and the API were told the hardware addresses that the links have; the kernel's function keeps its own. */
async function assertTold(
  { delegates, sriov }: World,
  { sandbox, links }: { sandbox: TestSandbox; links: ReadonlyMap<string, Link> },
): Promise<void> {
  const endpoints = await delegates.endpoints(sandbox);
  const macs = [...endpoints.values()].map(({ Name, MacAddress }) => [Name, MacAddress]);
  const names = ["eth0", "eth2", "vlanned1"];
  assertEquals(macs.sort(), names.map((name) => [name, links.get(name)?.address]));
  const adds = sriov.calls(sandbox).filter(({ command }) => command === "ADD");
  const told = adds.map(({ ifname, conf }) => [ifname, conf["deviceID"], conf["vlan"], conf["mac"]]);
  assertEquals(told.sort(), [
    ["eth0", PLAIN, 0, links.get("eth0")?.address],
    ["eth2", KERNEL, 0, undefined],
    ["vlanned1", TAGGED, 4094, links.get("vlanned1")?.address],
  ]);
}

async function takenName(world: World): Promise<void> {
  const { delegates: { danm }, node, sriov } = world;
  const sandbox = await danm.createSandboxFor(node, [{ network: "tagged", ...DYNAMIC }]);
  await sriov.writeCheckpoint({ [sandbox.pod.uid]: { [POOL]: [TAGGED] } });
  await inside(sandbox, "ip", "link", "add", "name", "eth0", "type", "dummy");
  const { code, msg } = await danm.fail(sandbox, "ADD", options(world));
  assertEquals(code, 106);
  assertStringIncludes(msg, "eth0 on DanmNet default/tagged: the sandbox has an interface of that name already");
  assertEquals(sriov.calls(sandbox).map(({ command }) => command), ["ADD", "DEL"]);
  assertEquals(await danm.leftovers(sandbox), ["link eth0"]);
  await node.deleteNetns(sandbox.netns);
}
