import { assert, assertEquals, assertMatch } from "@std/assert";
import { callingIpam } from "../support/danm_ipam_lab.ts";
import { type CallOptions, DanmLab, type TestSandbox } from "../support/danm_lab.ts";
import { ageStarts } from "../support/faults/records.ts";
import { startFaultProxy } from "../support/lab/fault_proxy.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import type { BadCase } from "./bad_input/case.ts";
import { IPAM_CASES } from "./bad_input/ipam_cases.ts";

/** What containerd takes for success, in errors of DEL. */
const SWALLOWED = /not found|no such file or directory/i;

labTest("danm-ipam called as plugins and runtimes call it, rightly and wrongly", {}, async (t) => {
  await using lab = await startLab({ nodes: 2, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node, other] = lab.nodes;
  assert(node && other);
  await danm.apply(...networks());
  const world: World = { danm: callingIpam(danm, { clusterNetwork: "wide" }), node, other };

  await t.step("bad input: one error document each, and nothing left", () => badInput(world));
  await t.step("ADD twice, DEL twice, ADD after DEL", () => repeated(world));
  await t.step(
    "a new sandbox of a Pod takes its static address over; the old one's late DEL does no harm",
    () => takenOver(world),
  );
  await t.step("DEL without namespace, arguments, Pod and network", () => bareDel(world));
  await t.step("a Pod that was deleted and made again", () => madeAgain(world));
  await t.step("a DEL while the API server is away fails, and succeeds afterwards", () => apiAway(world));
  await t.step("GC releases what is not valid, not young and of its configuration", () => garbage(world));
  assertEquals(await danm.held(), []);
});

interface World {
  /** Calls danm-ipam on ClusterNetwork wide. */
  readonly danm: DanmLab;
  readonly node: Node;
  readonly other: Node;
}

function networks(): object[] {
  const network = (name: string, options: object, more: object = {}): object => ({
    apiVersion: "danm.io/v1",
    kind: "ClusterNetwork",
    metadata: { name },
    spec: { NetworkID: name, Options: { host_device: "none", ...options }, ...more },
  });
  return [
    network("wide", { cidr: "10.170.0.0/24", net6: "fd00:170::/64" }),
    network("passing", { cidr: "10.171.0.0/24" }),
    network("four", { cidr: "10.172.0.0/24" }),
    network("bare", {}),
    network("closed", { cidr: "10.173.0.0/24" }, { AllowedTenants: ["others"] }),
  ];
}

async function freshSandbox({ danm, node }: World): Promise<TestSandbox> {
  return await danm.createSandbox(node, await danm.createPod(node));
}

/** Nothing is left, and the namespace goes. */
async function gone({ danm }: World, ...sandboxes: readonly TestSandbox[]): Promise<void> {
  for (const sandbox of sandboxes) {
    assertEquals(await danm.leftovers(sandbox), []);
    await sandbox.node.deleteNetns(sandbox.netns);
  }
}

/** Cases touch nothing, so they share a sandbox; half of them on each node. */
async function badInput(world: World): Promise<void> {
  const { danm, node, other } = world;
  const half = Math.ceil(IPAM_CASES.length / 2);
  const lanes = [[node, IPAM_CASES.slice(0, half)], [other, IPAM_CASES.slice(half)]] as const;
  await Promise.all(lanes.map(async ([at, cases]) => {
    const sandbox = await freshSandbox({ ...world, node: at });
    for (const bad of cases) await tryCase(danm, { sandbox, bad });
    assertEquals(await danm.leftovers(sandbox), []);
    assertEquals((await at.run(["ls", "/run/danm-ipam-elsewhere"], { check: false })).code, 2);
    // Whatever was wrong, the sandbox can be attached.
    assertEquals((await danm.add(sandbox)).ips.length, 2);
    await danm.del(sandbox);
    await gone(world, sandbox);
  }));
}

async function tryCase(danm: DanmLab, { sandbox, bad }: { sandbox: TestSandbox; bad: BadCase }): Promise<void> {
  const { what, command = "ADD", conf, env: { IP, ...env } = {}, stdin, code, says } = bad;
  const { CNI_ARGS } = danm.env(sandbox, command);
  const error = await danm.fail(sandbox, command, {
    env: { ...(IP !== undefined && { CNI_ARGS: `${CNI_ARGS};IP=${IP}` }), ...env },
    ...(conf && { conf }),
    ...(stdin !== undefined && { stdin }),
  });
  assertEquals([error.code, says.test(error.msg)], [code, true], `${what}: ${error.code}: ${error.msg}`);
  if (command === "DEL") assert(!SWALLOWED.test(error.msg), error.msg);
}

async function repeated(world: World): Promise<void> {
  const { danm } = world;
  const sandbox = await freshSandbox(world);
  const { ips } = await danm.add(sandbox);
  const twice = await danm.fail(sandbox, "ADD");
  assertEquals([twice.code, twice.msg], [104, `sandbox ${sandbox.containerID} is attached already`]);
  const check = await danm.call(sandbox, "CHECK", { conf: { prevResult: { cniVersion: "1.0.0", ips } } });
  assertEquals([check.code, check.document], [0, undefined]);
  for (let time = 0; time < 2; time++) await danm.del(sandbox);
  const late = await danm.fail(sandbox, "ADD");
  assertEquals(late.code, 104);
  assertMatch(late.msg, /was detached \d+ s ago$/);
  await gone(world, sandbox);
}

async function takenOver(world: World): Promise<void> {
  const { danm, node } = world;
  const conf = { ipam: { ip: "10.170.0.50" } };
  const older = await freshSandbox(world);
  await danm.add(older, { conf });
  const newer = await danm.createSandbox(node, older.pod);
  const { ips } = await danm.add(newer, { conf });
  assertEquals(ips[0]?.address, "10.170.0.50/24");
  assertEquals(await danm.leftovers(older), [], "of one Pod only the newest sandbox lives");
  await danm.del(older);
  assertEquals((await danm.held()).map(({ containerID }) => containerID), [newer.containerID, newer.containerID]);
  await danm.del(newer);
  await gone(world, older, newer);
}

async function bareDel(world: World): Promise<void> {
  const { danm } = world;
  const conf = { ipam: { clusterNetwork: "passing" } };
  const sandbox = await freshSandbox(world);
  await danm.add(sandbox, { conf });
  await danm.lab.kubectl(["delete", "clusternetwork", "passing"]);
  await danm.lab.kubectl(["delete", "pod", sandbox.pod.name, "--force", "--grace-period=0"]);
  await danm.del(sandbox, { conf, env: { CNI_NETNS: "", CNI_ARGS: "" } });
  await gone(world, sandbox);
}

async function madeAgain(world: World): Promise<void> {
  const { danm, node } = world;
  const sandbox = await freshSandbox(world);
  const { name } = sandbox.pod;
  await danm.lab.kubectl(["delete", "pod", name, "--force", "--grace-period=0"]);
  const now = await danm.createPod(node, { name });
  const { code, msg } = await danm.fail(sandbox, "ADD");
  assertEquals([code, msg], [11, `Pod default/${name} has UID ${now.uid}, the sandbox is for UID ${sandbox.pod.uid}`]);
  await gone(world, sandbox);
}

async function apiAway(world: World): Promise<void> {
  const { danm, node } = world;
  await using proxy = await startFaultProxy(danm.lab);
  const sandbox = await freshSandbox(world);
  await danm.add(sandbox);
  await proxy.partition("refuse");
  const kubeconfig = await proxy.kubeconfig(danm.user(node));
  const { code, msg, details } = await danm.fail(sandbox, "DEL", { kubeconfig, conf: { ipam: { timeoutMs: 1000 } } });
  assertEquals(code, 11, msg);
  assert(!SWALLOWED.test(`${msg} ${details}`), msg);
  const left = await danm.leftovers(sandbox);
  assertEquals(left.map((what) => /^DanmIp |^record .*\.detaching$/.test(what)), [true, true, true], left.join());
  await danm.del(sandbox);
  await gone(world, sandbox);
}

async function garbage(world: World): Promise<void> {
  const { danm, node } = world;
  const sandboxes = [await freshSandbox(world), await freshSandbox(world), await freshSandbox(world)];
  const [valid, stale, foreign] = sandboxes;
  assert(valid && stale && foreign);
  await Promise.all([danm.add(valid), danm.add(stale), danm.add(foreign, { conf: { name: "another" } })]);
  const gc = async (options: CallOptions["conf"]): Promise<string[]> => {
    const answer = await danm.call(stale, "GC", { conf: { cniVersion: "1.1.0", ...options } });
    assertEquals([answer.code, answer.document], [0, undefined]);
    const held = new Set((await danm.held()).map(({ containerID }) => containerID));
    return sandboxes.filter(({ containerID }) => held.has(containerID)).map(({ containerID }) => containerID);
  };
  const all = sandboxes.map(({ containerID }) => containerID);
  const only = { "cni.dev/valid-attachments": [{ containerID: valid.containerID, ifname: "eth0" }] };
  assertEquals(await gc(only), all, "they are young");
  await ageStarts(node, 61);
  assertEquals(await gc({}), all, "the runtime said nothing of what is valid");
  assertEquals(await gc(only), [valid.containerID, foreign.containerID]);
  assertEquals(await danm.leftovers(stale), []);
  const status = await danm.call(valid, "STATUS", { conf: { cniVersion: "1.1.0" } });
  assertEquals([status.code, status.document], [0, undefined]);
  assertEquals(await gc({ "cni.dev/valid-attachments": [] }), [foreign.containerID]);
  await danm.del(foreign);
  await gone(world, ...sandboxes);
}
