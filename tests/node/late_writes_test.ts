import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DOUBT_SECONDS } from "../../ipam/ledger.ts";
import { DanmLab, type TestPod, type TestSandbox } from "../support/danm_lab.ts";
import { settleDoubts } from "../support/faults/audit.ts";
import { ageDoubts, readRecords } from "../support/faults/records.ts";
import { type FaultProxy, startFaultProxy } from "../support/lab/fault_proxy.ts";
import type { SeenRequest } from "../support/lab/fault_rules.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";

const NETWORK = {
  apiVersion: "danm.io/v1",
  kind: "ClusterNetwork",
  metadata: { name: "late" },
  spec: {
    NetworkID: "late",
    NetworkType: "macvlan",
    Options: { host_device: "eth1", cidr: "10.130.0.0/24" },
  },
};
const INTERFACES = [{ clusterNetwork: "late", ip: "10.130.0.77" }];

/** What is written late: the static address, or the endpoint. */
const WRITES = { DanmIp: /\/danmips$/, DanmEp: /\/danmeps$/ } as const;
type Written = keyof typeof WRITES;

labTest("writes that land after their process was killed", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  await danm.apply(NETWORK);
  const [node] = lab.nodes;
  assert(node);
  await using proxy = await startFaultProxy(lab);
  const world: World = { danm, node, proxy, kubeconfig: await proxy.kubeconfig(danm.user(node)) };
  for (const kind of Object.keys(WRITES) as Written[]) {
    await t.step(`a ${kind} that lands before DEL goes with DEL`, () => beforeDel(world, kind));
    await t.step(`a ${kind} that lands during DEL goes when its doubt is over`, () => duringDel(world, kind));
    await t.step(`a ${kind} that lands after DEL goes when its doubt is over`, () => afterDel(world, kind));
    await t.step(`a ${kind} that never lands leaves no record when its doubt is over`, () => never(world, kind));
  }
  await t.step("an address that lands before the Pod's next sandbox is taken over", () => takenOver(world));
  await t.step("an address that lands after the Pod's next sandbox has it is not written", () => tooLate(world));
  await t.step(
    "an address that landed late names its holder to others until it is released",
    () => heldByNobody(world),
  );
  await t.step("the doubt outlives an ADD of the same sandbox that fails", () => failedAgain(world));
  await t.step("the doubt outlives an ADD of the same sandbox that succeeds, and its DEL", () => addedAgain(world));
});

interface World {
  readonly danm: DanmLab;
  readonly node: Node;
  readonly proxy: FaultProxy;
  readonly kubeconfig: string;
}

/** A sandbox whose ADD was killed while a creation was on its way. */
interface Killed {
  readonly sandbox: TestSandbox;
  readonly write: SeenRequest;
}

async function killDuring(world: World, kind: Written, pod?: TestPod): Promise<Killed> {
  const { danm, node, proxy, kubeconfig } = world;
  const sandbox = await danm.createSandbox(node, pod ?? await danm.createPod(node, { interfaces: INTERFACES }));
  await proxy.faults.once({ kind: "hold" }, { method: "POST", path: WRITES[kind] });
  const seen = await proxy.count();
  const running = await danm.start(sandbox, "ADD", { kubeconfig });
  const write = await nextHeld(proxy, seen);
  await running.kill();
  await running.result;
  return { sandbox, write };
}

async function nextHeld(proxy: FaultProxy, seen: number): Promise<SeenRequest> {
  return await proxy.waitForRequest(({ fault }) => fault === "hold", { after: seen });
}

/** Names of all that is held, by kind. */
async function held({ danm }: World): Promise<string[]> {
  return (await danm.held()).map(({ kind }) => kind).sort();
}

async function states({ node }: World): Promise<string[]> {
  return (await readRecords(node)).map(({ state }) => state);
}

/** The end of every story: the doubt is over, and nothing is left of anything. */
async function settled(world: World, ...sandboxes: readonly TestSandbox[]): Promise<void> {
  const { danm, node } = world;
  assertEquals(await settleDoubts(danm, node), 1, "doubtful records");
  assertEquals(await danm.held(), []);
  for (const sandbox of sandboxes) {
    assertEquals(await danm.leftovers(sandbox), []);
    await node.deleteNetns(sandbox.netns);
  }
}

async function beforeDel(world: World, kind: Written): Promise<void> {
  const { sandbox, write } = await killDuring(world, kind);
  assertEquals(await world.proxy.release(write), 201);
  await world.danm.del(sandbox);
  assertEquals(await held(world), []);
  await settled(world, sandbox);
}

async function duringDel(world: World, kind: Written): Promise<void> {
  const { danm, proxy, kubeconfig } = world;
  const { sandbox, write } = await killDuring(world, kind);
  // The endpoint is looked for first: it lands when that was answered, and DEL goes on. The address is looked for last:
  // it lands just before that.
  await proxy.faults.once({ kind: "hold" }, { path: /\/danmips\// });
  const seen = await proxy.count();
  const running = await danm.start(sandbox, "DEL", { kubeconfig });
  const step = await nextHeld(proxy, seen);
  assertEquals(await proxy.release(write), 201);
  await proxy.release(step);
  assertEquals((await running.result).code, 0);
  assertEquals(await held(world), kind === "DanmEp" ? ["DanmEp"] : []);
  assertEquals(await states(world), ["doubtful"]);
  await settled(world, sandbox);
}

async function afterDel(world: World, kind: Written): Promise<void> {
  const { danm } = world;
  const { sandbox, write } = await killDuring(world, kind);
  await danm.del(sandbox);
  assertEquals(await world.proxy.release(write), 201);
  assertEquals(await held(world), [kind]);
  await danm.del(sandbox);
  assertEquals(await states(world), ["doubtful"], "a second DEL does not end the doubt");
  await settled(world, sandbox);
}

async function never(world: World, kind: Written): Promise<void> {
  const { sandbox } = await killDuring(world, kind);
  await world.danm.del(sandbox);
  assertEquals(await held(world), []);
  assertEquals(await states(world), ["doubtful"]);
  await settled(world, sandbox);
}

async function takenOver(world: World): Promise<void> {
  const { danm, node } = world;
  const { sandbox, write } = await killDuring(world, "DanmIp");
  assertEquals(await world.proxy.release(write), 201);
  const newer = await danm.createSandbox(node, sandbox.pod);
  await danm.add(newer);
  assertEquals(await owners(world), [newer.containerID, newer.containerID]);
  await danm.del(newer);
  await settled(world, sandbox, newer);
}

async function tooLate(world: World): Promise<void> {
  const { danm, node } = world;
  const { sandbox, write } = await killDuring(world, "DanmIp");
  const newer = await danm.createSandbox(node, sandbox.pod);
  await danm.add(newer);
  assertEquals(await world.proxy.release(write), 409);
  assertEquals(await settleAround(world, newer), ["attached"]);
  assertEquals(
    await owners(world),
    [newer.containerID, newer.containerID],
    "what the doubt was about is another's now",
  );
  await danm.del(newer);
  assertEquals(await danm.held(), []);
  for (const { netns } of [sandbox, newer]) await node.deleteNetns(netns);
}

async function owners({ danm }: World): Promise<string[]> {
  return (await danm.held()).map(({ containerID }) => containerID);
}

/** Ages and settles the doubts beside a sandbox that stays. @returns the states of the records that are left */
async function settleAround(world: World, stays: TestSandbox): Promise<string[]> {
  const { danm, node } = world;
  await ageDoubts(node, DOUBT_SECONDS + 1);
  const passerBy = await danm.createSandbox(node, { ...stays.pod, uid: crypto.randomUUID() });
  await danm.del(passerBy);
  await node.deleteNetns(passerBy.netns);
  return await states(world);
}

async function heldByNobody(world: World): Promise<void> {
  const { danm, node } = world;
  const { sandbox, write } = await killDuring(world, "DanmIp");
  await danm.del(sandbox);
  assertEquals(await world.proxy.release(write), 201);
  const other = await danm.createSandboxFor(node, INTERFACES);
  const { code, msg } = await danm.fail(other, "ADD");
  assertEquals(code, 101);
  assertStringIncludes(msg, `in use by Pod ${sandbox.pod.namespace}/${sandbox.pod.name}`);
  assertEquals(await settleDoubts(danm, node), 1, "doubtful records");
  const again = await danm.createSandbox(node, other.pod);
  await danm.add(again);
  await danm.del(again);
  for (const one of [sandbox, other, again]) await node.deleteNetns(one.netns);
}

async function failedAgain(world: World): Promise<void> {
  const { danm, proxy, kubeconfig } = world;
  const { sandbox, write } = await killDuring(world, "DanmIp");
  await proxy.faults.once({ kind: "answer", status: 403 }, { path: /\/pods\// });
  const { code } = await danm.fail(sandbox, "ADD", { kubeconfig });
  assertEquals(code, 107);
  assertEquals(await states(world), ["doubtful"]);
  assertEquals(await proxy.release(write), 201);
  await settled(world, sandbox);
}

async function addedAgain(world: World): Promise<void> {
  const { danm } = world;
  const { sandbox, write } = await killDuring(world, "DanmIp");
  await danm.add(sandbox);
  assertEquals(await states(world), ["attached"], "the sandbox answers for its own past");
  await danm.del(sandbox);
  assertEquals(await states(world), ["doubtful"]);
  assertEquals(await world.proxy.release(write), 201);
  assertMatch((await danm.held())[0]?.name ?? "", /^10\.130\.0\.77\./);
  await settled(world, sandbox);
}
