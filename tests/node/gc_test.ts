import { assert, assertEquals, assertMatch } from "@std/assert";
import { MAX_TIMEOUT_MS } from "../../shared/schema/netconf.ts";
import { findPlugin } from "../support/danm_ipam_lab.ts";
import { type CallOptions, DanmLab, DIST, type TestSandbox } from "../support/danm_lab.ts";
import { DelegateLab, hostTraces } from "../support/delegates/delegate_lab.ts";
import { ScriptedDelegate } from "../support/delegates/scripted_delegate.ts";
import { assertClean } from "../support/faults/audit.ts";
import { CommandGate } from "../support/faults/command_gate.ts";
import { callWithFault, checkError, FAULTS, SHORT_MS } from "../support/faults/faulty_call.ts";
import { callThrough, killAt, type KillPoint, stepsSince, type Track } from "../support/faults/killed_call.ts";
import { ageStarts, readRecords } from "../support/faults/records.ts";
import { startFaultProxy } from "../support/lab/fault_proxy.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";

const V1_1 = { cniVersion: "1.1.0" };
const IPAM = { type: "host-local", subnet: "10.201.0.0/24" };
/** Addresses of ours, and of a delegate's own IPAM. */
const INTERFACES = [{ network: "mac", ip: "dynamic", ip6: "dynamic" }, { network: "leased" }];

labTest("GC frees what is no longer valid, of every store, and nothing else", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  const delegates = new DelegateLab(danm);
  const dir = `${lab.dir}/scripted`;
  const scripted = await ScriptedDelegate.create(dir, "scripted");
  await delegates.define(
    {
      name: "mac",
      type: "macvlan",
      options: { host_device: node.uplink, cidr: "10.200.0.0/24", net6: "fd00:200::/64" },
    },
    { name: "leased", type: "bridge", file: { type: "bridge", bridge: "brgc", ipam: IPAM } },
    { name: "scripted", type: "scripted", file: { cniVersion: "1.0.0", type: "scripted" } },
  );
  const env = { CNI_PATH: `${dir}/bin:${danm.cniPath}` };
  const world: World = { danm, delegates, node, scripted, env };
  await t.step("what is valid, young, locked or another configuration's stays", () => selected(world));
  await t.step("a delegate that fails keeps no other sandbox", () => failingDelegate(world));
  await t.step("kill -9 at every external step, then GC again", () => killed(world));
  await t.step("API faults at every request", () => faulty(world));
});

interface World {
  readonly danm: DanmLab;
  readonly delegates: DelegateLab;
  readonly node: Node;
  readonly scripted: ScriptedDelegate;
  readonly env: Readonly<Record<string, string>>;
}

async function attach(world: World, interfaces: readonly object[] = INTERFACES, conf = {}): Promise<TestSandbox> {
  const { delegates, node, env } = world;
  return (await delegates.attach(node, interfaces, { conf: { ...V1_1, ...conf }, env })).sandbox;
}

/** What a call of GC says, besides where its delegates are. */
function gcOptions({ delegates, env }: World, valid: readonly TestSandbox[], conf = {}): CallOptions {
  const list = valid.map(({ containerID }) => ({ containerID, ifname: "eth0" }));
  return delegates.with({ conf: { ...V1_1, "cni.dev/valid-attachments": list, ...conf }, env });
}

async function age({ node }: World): Promise<void> {
  await ageStarts(node, MAX_TIMEOUT_MS / 1000 + 1);
}

/** Container ids that host-local has leases for, sorted. */
async function leases({ node }: World): Promise<string[]> {
  const { stdout } = await node.run([
    "sh",
    "-c",
    "cd /var/lib/cni/networks/leased; for lease in 10.*; do echo; cat $lease; done 2>/dev/null || true",
  ]);
  return [...stdout.matchAll(/[0-9a-f]{64}/g)].map(([id]) => id).sort();
}

const ids = (...sandboxes: readonly TestSandbox[]): string[] => sandboxes.map((one) => one.containerID).sort();

async function holders({ danm }: World): Promise<string[]> {
  return [...new Set((await danm.held()).map(({ containerID }) => containerID))].sort();
}

async function selected(world: World): Promise<void> {
  const { danm, node } = world;
  const lives = await attach(world);
  const dead = await attach(world);
  const gone = await attach(world);
  const other = await attach(world, INTERFACES, { name: "other" });
  const locked = await attach(world);
  await age(world);
  const young = await attach(world);
  await node.deleteNetns(gone.netns);
  const stays = [lives, other, young];
  assertEquals(await leases(world), ids(...stays, locked, dead, gone));
  const nothing = await danm.call(lives, "GC", world.delegates.with({ conf: V1_1 }));
  assertEquals([nothing.code, (await holders(world)).length], [0, 6], "without a list");
  await using proxy = await startFaultProxy(danm.lab);
  await proxy.faults.once({ kind: "hold" }, { nth: 1 });
  const kubeconfig = await proxy.kubeconfig(danm.user(node));
  const detaching = await danm.start(locked, "DEL", { ...gcOptions(world, []), kubeconfig });
  const held = await proxy.waitForRequest(({ fault }) => fault === "hold");
  const { code, document } = await danm.call(lives, "GC", gcOptions(world, [lives]));
  assertEquals([code, document], [0, undefined]);
  assertEquals([await holders(world), await leases(world)], [ids(...stays, locked), ids(...stays)]);
  await proxy.release(held);
  assertEquals((await detaching.result).code, 0);
  for (const one of [dead, gone, locked]) assertEquals(await danm.leftovers(one), []);
  const records = await readRecords(node);
  assertEquals(records.map(({ containerID }) => containerID).sort(), ids(...stays));
  await age(world);
  await danm.call(lives, "GC", gcOptions(world, []));
  assertEquals([await holders(world), await leases(world)], [ids(other), ids(other)], "only the other configuration's");
  await danm.call(lives, "GC", gcOptions(world, [], { name: "other" }));
  assertEquals([await danm.held(), await hostTraces(node)], [[], []]);
  for (const { netns } of [...stays, dead, locked]) await node.deleteNetns(netns);
}

async function failingDelegate(world: World): Promise<void> {
  const { danm, node, scripted } = world;
  await scripted.behave({});
  const stuck = await attach(world, [{ network: "mac", ip: "dynamic" }, { network: "scripted" }]);
  const dead = [await attach(world), await attach(world)];
  await age(world);
  await scripted.behave({ DEL: { prints: '{"code":5,"msg":"no"}', exits: 1 } });
  const { code, msg } = await danm.fail(stuck, "GC", gcOptions(world, []));
  assertEquals(code, 11, msg);
  assertMatch(
    msg,
    new RegExp(`record .*~${stuck.containerID}~eth0.*: eth1: DEL of delegate scripted failed: code 5: no`),
  );
  assertEquals([await holders(world), await leases(world)], [ids(stuck), []]);
  await scripted.behave({});
  assertEquals((await danm.call(stuck, "GC", gcOptions(world, []))).code, 0);
  for (const one of [stuck, ...dead]) {
    assertEquals(await danm.leftovers(one), []);
    await node.deleteNetns(one.netns);
  }
  assertEquals(await hostTraces(node), []);
}

async function killed(world: World): Promise<void> {
  const { danm, node } = world;
  await using proxy = await startFaultProxy(danm.lab);
  const plugins = Object.fromEntries(["macvlan", "bridge"].map((type) => [type, findPlugin(danm.cniPath, type)]));
  const gate = await CommandGate.create(`${danm.lab.dir}/gate-gc`, { cniPath: danm.cniPath, plugins });
  const track: Track = {
    danm: danm.calling({
      executable: `${DIST}/danm`,
      conf: (of, { kubeconfig = danm.kubeconfig(of) }) => ({ ...danm.conf(of, gcOptions(world, [])), kubeconfig }),
    }),
    ...{ proxy, gate, kubeconfig: await proxy.kubeconfig(danm.user(node)) },
  };
  const prepare = async (): Promise<TestSandbox> => {
    const sandbox = await attach(world);
    await age(world);
    return sandbox;
  };
  const first = await prepare();
  const seen = await proxy.count();
  assertEquals((await callThrough(track, { sandbox: first, command: "GC" })).code, 0);
  const { requests, commands } = await stepsSince(track, seen);
  await assertClean(danm, first, { what: "GC undisturbed", requests: [] });
  await node.deleteNetns(first.netns);
  const points = [
    ...requests.flatMap((_, at) =>
      (["before", "after"] as const).map((moment): KillPoint => ({ on: "request", step: at + 1, moment }))
    ),
    ...commands.flatMap((_, at) =>
      (["before", "after"] as const).map((moment): KillPoint => ({ on: "command", step: at + 1, moment }))
    ),
  ];
  let kills = 0;
  for (const point of points) {
    const what = `GC, killed ${point.moment} ${point.on} ${point.step}`;
    const sandbox = await prepare();
    if (await killAt(track, { sandbox, command: "GC", point, ends: 0 })) kills++;
    await proxy.faults.clear();
    await gate.arm();
    const again = await danm.call(sandbox, "GC", gcOptions(world, []));
    assertEquals([again.code, again.document], [0, undefined], what);
    await assertClean(danm, sandbox, { what, requests: [] });
    assertEquals(await hostTraces(node), [], what);
    await node.deleteNetns(sandbox.netns);
  }
  assertEquals([kills, await danm.held()], [points.length, []]);
  toStderr(`GC: ${requests.length} requests, ${commands.length} commands, ${kills} kills`);
}

/** Of all faults those that differ for a call that only deletes. */
const FAULTS_OF_GC = ["partition until the deadline", "500", "connection lost after the effect"];

async function faulty(world: World): Promise<void> {
  const { danm, node } = world;
  await using proxy = await startFaultProxy(danm.lab);
  const through = { danm, proxy, kubeconfig: await proxy.kubeconfig(danm.user(node)) };
  let calls = 0;
  for (const fault of FAULTS.filter(({ name }) => FAULTS_OF_GC.includes(name))) {
    for (let step = 1;; step++, calls++) {
      const sandbox = await attach(world);
      await age(world);
      const options = gcOptions(world, [], fault.lasting ? { timeoutMs: SHORT_MS } : {});
      const { answer, hit } = await callWithFault(through, { sandbox, command: "GC", fault, step, options });
      if (hit && answer.code !== 0) checkError(answer, fault);
      if (!hit) assertEquals(answer.code, 0);
      const again = await danm.call(sandbox, "GC", gcOptions(world, []));
      assertEquals([again.code, await danm.held()], [0, []], `${fault.name} at request ${step}`);
      assertEquals([...await danm.leftovers(sandbox), ...await hostTraces(node)], []);
      await node.deleteNetns(sandbox.netns);
      if (!hit) break;
    }
  }
  toStderr(`GC: ${calls} faults of ${FAULTS_OF_GC.length} kinds`);
}
