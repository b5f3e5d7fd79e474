import { assert, assertEquals, assertMatch } from "@std/assert";
import { DanmLab, STATE_DIR, type TestPod } from "../support/danm_lab.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";
import type { BadCase } from "./bad_input/case.ts";
import { CALL_CASES } from "./bad_input/call_cases.ts";
import { NETWORKS, POD_CASES } from "./bad_input/pod_cases.ts";

/** What containerd takes for success, in errors of DEL. */
const SWALLOWED = /not found|no such file or directory/i;

labTest("bad input: one error document each, and nothing left", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  await danm.apply(...NETWORKS);
  await makeWrongLinks(node);
  const world: World = { danm, node };
  const plain = await danm.createPod(node, { interfaces: [{ clusterNetwork: "good", ip: "dynamic" }] });

  for (const bad of CALL_CASES) await t.step(bad.what, () => tryCase(world, bad, plain));
  for (const bad of POD_CASES) await t.step(bad.what, () => tryCase(world, bad));
  await t.step("a Pod that was deleted and made again", () => madeAgain(world));
  await t.step("an interface name that the sandbox has already is left to its owner", () => takenName(world));
  await t.step("an API server that refuses the user", () => refused(world));
  await t.step("an API server that is not there", () => unreachable(world));
  await t.step("a log that cannot be written is no reason to fail", () => noLog(world));
  await t.step("a sandbox that is attached already", () => twice(world));
  await t.step("a record directory that is full", () => fullDisk(world));
  await t.step("a record directory that is read-only", () => readOnly(world));
  await t.step("kinds that are not installed", () => missingKinds(world));
  toStderr(`bad input: ${CALL_CASES.length + POD_CASES.length} cases in tables, 9 by hand`);
});

interface World {
  readonly danm: DanmLab;
  readonly node: Node;
}

/** Links with the names that networks expect, but of another type or with another VNI. */
async function makeWrongLinks(node: Node): Promise<void> {
  await node.run(["ip", "link", "add", "other-link.78", "type", "veth", "peer", "name", "peer78"]);
  const vxlan = ["type", "vxlan", "id", "4001", "dev", node.uplink, "dstport", "4789", "group", "239.0.15.161"];
  await node.run(["ip", "link", "add", "vx_other-vx", ...vxlan]);
}

async function tryCase({ danm, node }: World, bad: BadCase, pod?: TestPod): Promise<void> {
  const { command = "ADD", interfaces = [], code, says, conf, env, stdin } = bad;
  const sandbox = await danm.createSandbox(node, pod ?? await danm.createPod(node, { interfaces }));
  const error = await danm.fail(sandbox, command, {
    ...(conf && { conf }),
    ...(env && { env }),
    ...(stdin !== undefined && { stdin }),
  });
  assertEquals([error.code, says.test(error.msg)], [code, true], `${error.code}: ${error.msg}`);
  if (command === "DEL") assert(!SWALLOWED.test(error.msg), error.msg);
  assertEquals(await danm.leftovers(sandbox), []);
  assertEquals(await danm.held(), []);
  await danm.del(sandbox);
  await node.deleteNetns(sandbox.netns);
}

async function madeAgain({ danm, node }: World): Promise<void> {
  const interfaces = [{ clusterNetwork: "good", ip: "dynamic" }];
  const pod = await danm.createPod(node, { interfaces, name: "again" });
  await danm.lab.kubectl(["delete", "pod", "again", "--force", "--grace-period=0"]);
  const now = await danm.createPod(node, { interfaces, name: "again" });
  const sandbox = await danm.createSandbox(node, pod);
  const { code, msg } = await danm.fail(sandbox, "ADD");
  assertEquals([code, msg], [
    11,
    `Pod default/again has UID ${now.uid}, the sandbox is for UID ${pod.uid}`,
  ]);
  assertEquals(await danm.leftovers(sandbox), []);
  await node.deleteNetns(sandbox.netns);
}

async function takenName({ danm, node }: World): Promise<void> {
  const sandbox = await danm.createSandboxFor(node, [
    { clusterNetwork: "good", ip: "dynamic" },
    { clusterNetwork: "good", ip: "dynamic" },
  ]);
  const inside = ["nsenter", `--net=${sandbox.netns}`, "ip"];
  await node.run([...inside, "link", "add", "net1", "type", "veth", "peer", "name", "theirs"]);
  const { code, msg } = await danm.fail(sandbox, "ADD");
  assertEquals(code, 105);
  assertMatch(msg, /^net1: ADD of delegate macvlan on eth1 failed: .*"net1": file exists/);
  await danm.del(sandbox);
  const { stdout } = await node.run([...inside, "-brief", "link"]);
  assertEquals(stdout.match(/^\w+/gm)?.sort(), ["lo", "net1", "theirs"]);
  assertEquals(await danm.held(), []);
  await node.deleteNetns(sandbox.netns);
}

/** An attached sandbox, for what goes wrong when it is detached. */
async function attached({ danm, node }: World): ReturnType<DanmLab["createSandboxFor"]> {
  const sandbox = await danm.createSandboxFor(node, [{ clusterNetwork: "good", ip: "dynamic" }]);
  await danm.add(sandbox);
  return sandbox;
}

async function refused(world: World): Promise<void> {
  const { danm, node } = world;
  const nobody = await danm.lab.user("nobody");
  const sandbox = await attached(world);
  const options = { kubeconfig: nobody.kubeconfigPath };
  const del = await danm.fail(sandbox, "DEL", options);
  assertEquals(del.code, 107, del.msg);
  assertMatch(del.msg, /nobody/);
  await danm.del(sandbox);
  assertEquals(await danm.leftovers(sandbox), []);
  const fresh = await danm.createSandbox(node, sandbox.pod);
  const add = await danm.fail(fresh, "ADD", options);
  assertEquals(add.code, 107, add.msg);
  assertEquals(await danm.leftovers(fresh), []);
  for (const { netns } of [sandbox, fresh]) await node.deleteNetns(netns);
}

async function unreachable(world: World): Promise<void> {
  const { danm, node } = world;
  const { kubeconfigPath } = await danm.lab.userAt(danm.user(node), "https://127.0.0.1:1");
  const sandbox = await attached(world);
  const options = { kubeconfig: kubeconfigPath, conf: { timeoutMs: 1000 } };
  for (const kubeconfig of [kubeconfigPath, "/none.json"]) {
    const del = await danm.fail(sandbox, "DEL", { ...options, kubeconfig });
    assertEquals(del.code, kubeconfig === kubeconfigPath ? 11 : 7, del.msg);
    assert(!SWALLOWED.test(`${del.msg} ${del.details}`), `${del.msg} ${del.details}`);
    assertEquals((await danm.held()).length, 2, "an address that cannot be released stays held");
  }
  await node.deleteNetns(sandbox.netns);
  await danm.del(sandbox);
  assertEquals(await danm.held(), []);
  const fresh = await danm.createSandbox(node, sandbox.pod);
  assertEquals((await danm.fail(fresh, "ADD", options)).code, 11);
  assertEquals(await danm.leftovers(fresh), []);
  // Nothing was attached: that is known without the API server.
  await danm.del(fresh, options);
  await node.deleteNetns(fresh.netns);
}

async function noLog({ danm, node }: World): Promise<void> {
  for (const logFile of ["/none/danm.log", "/etc", "/dev/full"]) {
    const sandbox = await danm.createSandboxFor(node, [{ clusterNetwork: "good", ip: "dynamic" }]);
    await danm.add(sandbox, { conf: { logFile } });
    await danm.del(sandbox, { conf: { logFile } });
    assertEquals(await danm.leftovers(sandbox), []);
    await node.deleteNetns(sandbox.netns);
  }
}

async function twice(world: World): Promise<void> {
  const { danm, node } = world;
  const sandbox = await attached(world);
  const { code, msg } = await danm.fail(sandbox, "ADD");
  assertEquals([code, msg], [104, `sandbox ${sandbox.containerID} is attached already`]);
  assertEquals((await danm.held()).length, 2, "it stays attached");
  await danm.del(sandbox);
  const late = await danm.fail(sandbox, "ADD");
  assertEquals(late.code, 104);
  assertMatch(late.msg, /was detached \d+ s ago$/);
  assertEquals(await danm.leftovers(sandbox), []);
  await node.deleteNetns(sandbox.netns);
}

async function fullDisk(world: World): Promise<void> {
  const { danm, node } = world;
  const sandbox = await attached(world);
  await node.run(["sh", "-c", 'mkdir -p "$2" && cp -a "$1/." "$2"', "sh", STATE_DIR, "/run/kept"]);
  await node.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", STATE_DIR]);
  await node.run([
    "sh",
    "-c",
    'cp -a "$2/." "$1"; dd if=/dev/zero of="$1/fill" bs=1k || true',
    "sh",
    STATE_DIR,
    "/run/kept",
  ]);
  const fresh = await danm.createSandboxFor(node, [{ clusterNetwork: "good", ip: "dynamic" }]);
  const { code, msg } = await danm.fail(fresh, "ADD");
  assertEquals(code, 5, msg);
  assertMatch(msg, /cannot be written.*No space left/);
  assertEquals(await danm.leftovers(fresh), []);
  // What is attached can be detached: that is how a full disk is emptied.
  await danm.del(sandbox);
  assertEquals(await danm.leftovers(sandbox), []);
  assertEquals(await danm.held(), []);
  await node.run(["umount", STATE_DIR]);
  // What the full disk covered still has the record.
  await danm.del(sandbox);
  for (const { netns } of [sandbox, fresh]) await node.deleteNetns(netns);
}

async function readOnly(world: World): Promise<void> {
  const { danm, node } = world;
  const sandbox = await attached(world);
  await node.run(["mount", "--bind", STATE_DIR, STATE_DIR]);
  await node.run(["mount", "-o", "remount,bind,ro", STATE_DIR]);
  const fresh = await danm.createSandboxFor(node, [{ clusterNetwork: "good", ip: "dynamic" }]);
  for (const [one, command] of [[fresh, "ADD"], [sandbox, "DEL"]] as const) {
    const { code, msg } = await danm.fail(one, command);
    assertEquals(code, 5, msg);
    assertMatch(msg, /\/var\/lib\/cni\/danm.*Read-only file system/);
  }
  assertEquals(await danm.leftovers(fresh), []);
  await node.run(["umount", STATE_DIR]);
  await danm.del(sandbox);
  assertEquals(await danm.leftovers(sandbox), []);
  for (const { netns } of [sandbox, fresh]) await node.deleteNetns(netns);
}

/** The last one, because the kinds do not come back. */
async function missingKinds(world: World): Promise<void> {
  const { danm, node } = world;
  const drop = async (plural: string): Promise<string> =>
    await danm.lab.kubectl(["delete", "customresourcedefinition", `${plural}.danm.io`]);
  const add = async (interfaces: object[] | string): Promise<{ code: number; msg: string }> => {
    const sandbox = await danm.createSandboxFor(node, interfaces);
    const error = await danm.fail(sandbox, "ADD");
    await danm.del(sandbox);
    await node.deleteNetns(sandbox.netns);
    return error;
  };
  await drop("tenantnetworks");
  assertEquals((await add([{ tenantNetwork: "no-link", ip: "dynamic" }])).code, 102);
  assertEquals((await add("[]")).code, 102);
  const sandbox = await attached(world);
  await drop("danmeps");
  await danm.del(sandbox);
  const endpoint = await add([{ clusterNetwork: "good", ip: "dynamic" }]);
  assertEquals(endpoint.code, 107, endpoint.msg);
  assertMatch(endpoint.msg, /danmeps/);
  assertEquals((await danm.lab.kubectl(["get", "danmips", "-o", "name"])).trim(), "");
  await drop("danmips");
  const address = await add([{ clusterNetwork: "good", ip: "dynamic" }]);
  assertEquals(address.code, 107, address.msg);
  assertMatch(address.msg, /danmips/);
  await node.deleteNetns(sandbox.netns);
}
