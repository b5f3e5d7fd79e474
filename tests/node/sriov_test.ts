import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DanmLab, type TestSandbox } from "../support/danm_lab.ts";
import { DelegateLab, inside } from "../support/delegates/delegate_lab.ts";
import { SriovNode } from "../support/delegates/sriov_node.ts";
import { GrpcServer } from "../support/kubelet/grpc_server.ts";
import { encodeMessage, podMessage } from "../support/kubelet/messages.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";

const [A, B] = ["vendor.com/sriov_a", "vendor.com/sriov_b"];
const [VF0, VF1, VF2, BROKEN, UNBOUND] = [0, 1, 2, 3, 4].map((index) => `0000:05:10.${index}`);

/** The devices of Pods, by name: what the kubelet says. */
type Devices = Map<string, Record<string, string[]>>;

interface World {
  readonly delegates: DelegateLab;
  readonly node: Node;
  readonly sriov: SriovNode;
  readonly devices: Devices;
}

labTest("interfaces that are virtual functions with kernel drivers", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const delegates = new DelegateLab(await DanmLab.install(lab));
  const [node] = lab.nodes;
  assert(node && VF0 && VF1 && VF2 && BROKEN && UNBOUND);
  const sriov = await SriovNode.prepare(node, {
    dir: lab.dir,
    functions: [
      { id: VF0, driver: "ixgbevf", link: "ens1f0v0" },
      { id: VF1, driver: "ixgbevf", link: "ens1f0v1" },
      { id: VF2, driver: "ixgbevf", link: "ens1f0v2" },
      { id: BROKEN, driver: "broken" },
      { id: UNBOUND },
    ],
    plugins: ["sriov", "other"],
  });
  await define(delegates);
  const devices: Devices = new Map();
  const world = { delegates, node, sriov, devices };

  await t.step("without an answer of the kubelet it is to be tried again", () => withoutKubelet(world));
  await using _kubelet = await startKubelet(`${lab.dir}/pod-resources`, { node, devices });
  await t.step("two functions of one pool, with VLAN, dual stack", () => twoOfOnePool(world));
  await t.step("a plugin with a file of its own gets the device, too", () => ofAFile(world));
  await t.step("a newer sandbox of the Pod takes the function over", () => superseded(world));
  await t.step("a Pod with too few devices, and a device without driver", () => refused(world));
  await t.step("a function whose plugin fails: the other one is given back", () => undone(world));
});

async function define(delegates: DelegateLab): Promise<void> {
  const subnets = { cidr: "10.150.0.0/24", net6: "fd00:150::/64" };
  await delegates.define(
    { name: "tagged", type: "SRIOV", options: { device_pool: A, vlan: 300, mtu: 1400, ...subnets } },
    { name: "plain", type: "sriov", options: { device_pool: A, cidr: "10.151.0.0/24", container_prefix: "net" } },
    { name: "file", type: "other", options: { device_pool: B }, file: { type: "other", keep: true } },
  );
}

/** A kubelet's PodResources API, in the place where the node's kubelet would have it. */
async function startKubelet(
  dir: string,
  { node, devices }: { node: Node; devices: Devices },
): Promise<AsyncDisposable> {
  await Deno.mkdir(dir);
  await node.run(["sh", "-c", `mkdir -p /var/lib/kubelet && ln -s ${dir} /var/lib/kubelet/pod-resources`]);
  return GrpcServer.start(`${dir}/kubelet.sock`, {
    "/v1.PodResourcesLister/List": () =>
      encodeMessage(
        ...[...devices].map(([name, ofPod]) => [1, podMessage("default", name, [Object.entries(ofPod)])] as const),
      ),
  });
}

/** A sandbox of a Pod with these interfaces, whose containers have these devices. */
async function createSandbox(
  { delegates, node, devices }: World,
  pod: { interfaces: object[]; has: Record<string, string[]> },
): Promise<TestSandbox> {
  const sandbox = await delegates.danm.createSandboxFor(node, pod.interfaces);
  devices.set(sandbox.pod.name, pod.has);
  return sandbox;
}

function options({ delegates, sriov }: World, conf: Record<string, unknown> = {}): ReturnType<DelegateLab["with"]> {
  return delegates.with({ conf, env: { CNI_PATH: `${sriov.pluginDir}:${delegates.danm.cniPath}` } });
}

/** What a step must leave: nothing of the sandbox, and all functions on the node. */
async function assertReturned({ delegates, node }: World, sandbox: TestSandbox): Promise<void> {
  assertEquals(await delegates.danm.leftovers(sandbox), []);
  const { stdout } = await node.run(["ip", "-brief", "link", "show"]);
  for (const link of ["ens1f0v0", "ens1f0v1", "ens1f0v2"]) assertMatch(stdout, new RegExp(`^${link}@`, "m"));
  await node.deleteNetns(sandbox.netns);
}

const DYNAMIC = { ip: "dynamic", ip6: "dynamic" };

async function withoutKubelet(world: World): Promise<void> {
  const interfaces = [{ network: "tagged", ...DYNAMIC }];
  const sandbox = await createSandbox(world, { interfaces, has: {} });
  const { code, msg } = await world.delegates.danm.fail(sandbox, "ADD", options(world));
  assertEquals(code, 11);
  assertStringIncludes(msg, "cannot be read from the kubelet");
  assertStringIncludes(msg, "/var/lib/kubelet/device-plugins/kubelet_internal_checkpoint");
  await assertReturned(world, sandbox);
}

async function twoOfOnePool(world: World): Promise<void> {
  const { delegates: { danm }, node, sriov } = world;
  const interfaces = [{ network: "tagged", ...DYNAMIC }, { network: "plain", ip: "dynamic" }];
  const sandbox = await createSandbox(world, { interfaces, has: { [A]: [VF1 ?? "", VF0 ?? ""], [B]: [VF2 ?? ""] } });
  const macs = await Promise.all(
    ["ens1f0v0", "ens1f0v1"].map(async (link) =>
      (await node.run(["cat", `/sys/class/net/${link}/address`])).stdout.trim()
    ),
  );
  const result = await danm.add(sandbox, options(world, { cniVersion: "1.1.0" }));
  const shown = result.interfaces.map((one) => [one.name, one.mac, one.mtu, "pciID" in one && one.pciID]);
  assertEquals(shown, [["eth0", macs[0], 1400, VF0], ["net1", macs[1], 1500, VF1]]);
  assertEquals(result.ips.map(({ interface: index }) => index), [0, 0, 1]);
  const addresses = await inside(sandbox, "ip", "-brief", "address");
  for (const { address } of result.ips) assertStringIncludes(addresses, address);
  const endpoints = await world.delegates.endpoints(sandbox);
  assertEquals([...endpoints.values()].map((one) => "DeviceID" in one && one.DeviceID).sort(), [VF0, VF1]);
  assertEquals([endpoints.get("eth0")?.MacAddress, endpoints.get("net1")?.MacAddress], macs);
  const pod = JSON.parse(await danm.lab.kubectl(["get", "pod", sandbox.pod.name, "-o", "json"]));
  const status = JSON.parse(pod.metadata.annotations["k8s.v1.cni.cncf.io/network-status"]);
  const infos = status.map((one: Record<string, unknown>) => one["device-info"]);
  assertEquals(infos, [VF0, VF1].map((id) => ({ type: "pci", version: "1.1.0", pci: { "pci-address": id } })));
  await danm.del(sandbox, options(world));
  const calls = sriov.calls(sandbox);
  const base = { cniVersion: "1.1.0", name: "danm", type: "sriov" };
  assertEquals(calls.filter(({ command }) => command === "ADD").map(({ conf }) => conf).sort(byDevice), [
    { ...base, deviceID: VF0, vlan: 300 },
    { ...base, deviceID: VF1, vlan: 0 },
  ]);
  const dels = calls.filter(({ command }) => command === "DEL").map(({ conf: { prevResult: _, ...conf } }) => conf);
  assertEquals(dels.sort(byDevice), [{ ...base, deviceID: VF0, vlan: 300 }, { ...base, deviceID: VF1, vlan: 0 }]);
  await assertReturned(world, sandbox);
}

function byDevice(a: Record<string, unknown>, b: Record<string, unknown>): number {
  return String(a["deviceID"]).localeCompare(String(b["deviceID"]));
}

async function ofAFile(world: World): Promise<void> {
  const interfaces = [{ network: "tagged", ip: "dynamic" }, { network: "file", ip: "none" }];
  const sandbox = await createSandbox(world, { interfaces, has: { [A]: [VF0 ?? ""], [B]: [VF2 ?? ""] } });
  await world.delegates.danm.add(sandbox, options(world));
  const told = world.sriov.calls(sandbox).find(({ ifname }) => ifname === "eth1")?.conf;
  assertEquals(told, { type: "other", keep: true, name: "file", cniVersion: "1.0.0", deviceID: VF2 });
  await world.delegates.danm.del(sandbox, options(world));
  await assertReturned(world, sandbox);
}

async function superseded(world: World): Promise<void> {
  const { delegates: { danm }, node } = world;
  const interfaces = [{ network: "tagged", ip: "10.150.0.77" }];
  const older = await createSandbox(world, { interfaces, has: { [A]: [VF0 ?? ""] } });
  await danm.add(older, options(world));
  const newer = await danm.createSandbox(node, older.pod);
  const result = await danm.add(newer, options(world));
  assertEquals(await danm.leftovers(older), []);
  assertStringIncludes(await inside(newer, "ip", "-brief", "address"), "10.150.0.77/24");
  const checked = await danm.call(newer, "CHECK", options(world, { prevResult: result }));
  assertEquals([checked.code, checked.document], [0, undefined]);
  await danm.del(newer, options(world));
  await assertReturned(world, newer);
  await node.deleteNetns(older.netns);
}

async function refused(world: World): Promise<void> {
  const interfaces = [{ network: "tagged", ip: "dynamic" }, { network: "plain", ip: "dynamic" }];
  const cases = [
    { ids: [VF0 ?? ""], code: 104, says: `2 wanted (eth0, net1), but the Pod was assigned 1 (${VF0})` },
    {
      ids: [VF0 ?? "", UNBOUND ?? ""],
      code: 7,
      says: `net1 on DanmNet default/plain: PCI device ${UNBOUND} has no driver`,
    },
  ];
  for (const { ids, code, says } of cases) {
    const sandbox = await createSandbox(world, { interfaces, has: { [A]: ids } });
    const said = await world.delegates.danm.fail(sandbox, "ADD", options(world));
    assertEquals(said.code, code);
    assertStringIncludes(said.msg, says);
    assertEquals(world.sriov.calls(sandbox), []);
    await assertReturned(world, sandbox);
  }
}

async function undone(world: World): Promise<void> {
  const interfaces = [{ network: "tagged", ip: "dynamic" }, { network: "plain", ip: "dynamic" }];
  const sandbox = await createSandbox(world, { interfaces, has: { [A]: [VF0 ?? "", BROKEN ?? ""] } });
  const { code, msg } = await world.delegates.danm.fail(sandbox, "ADD", options(world));
  assertEquals(code, 105);
  assertStringIncludes(msg, `net1: ADD of delegate sriov failed: code 100: ${BROKEN} is broken`);
  await assertReturned(world, sandbox);
}
