import { assert, assertEquals } from "@std/assert";
import { type AddResult, answerOf, DanmLab, type TestSandbox } from "../support/danm_lab.ts";
import { readRecords } from "../support/faults/records.ts";
import { lookAtLab, waitForProcesses } from "../support/faults/storm_audit.ts";
import { type FaultProxy, startFaultProxy } from "../support/lab/fault_proxy.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";

const SANDBOXES = 60;
const AT_ONCE = 12;
const TOGETHER = 30;
const PAIRS = 208;
const PAIRS_AT_ONCE = 16;

const NETWORK = {
  apiVersion: "danm.io/v1",
  kind: "ClusterNetwork",
  metadata: { name: "busy" },
  spec: {
    NetworkID: "busy",
    NetworkType: "macvlan",
    Options: { host_device: "eth1", cidr: "10.170.0.0/24", net6: "fd00:170::/64" },
  },
};
const INTERFACES = [
  { clusterNetwork: "busy", ip: "dynamic", ip6: "dynamic" },
  { clusterNetwork: "busy", ip: "dynamic" },
];
/** Addresses and endpoints of such a sandbox. */
const HELD = 5;

labTest("many calls at once", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  await danm.apply(NETWORK);
  const [node] = lab.nodes;
  assert(node);
  await using proxy = await startFaultProxy(lab);
  const world: World = { danm, node, proxy };
  await t.step("DEL waits for the ADD of its sandbox, and undoes it", () => delDuringAdd(world));
  await t.step("a second DEL waits for the first, and finds nothing to do", () => delDuringDel(world));
  await t.step("an ADD that comes after its DEL is refused", () => addAfterDel(world));
  await t.step("an ADD that waits for the DEL of its sandbox is refused", () => addDuringDel(world));
  await t.step(
    `ADD and DEL of one sandbox that start together leave all or nothing, ${TOGETHER} times`,
    () => together(world),
  );
  await t.step(
    `${PAIRS} pairs of ADD and DEL, ${PAIRS_AT_ONCE} at once, fail nowhere and leave nothing`,
    () => pairs(world),
  );
  await t.step(`${SANDBOXES} sandboxes, ${AT_ONCE} at once, have addresses of their own`, () => crowd(world));
});

interface World {
  readonly danm: DanmLab;
  readonly node: Node;
  readonly proxy: FaultProxy;
}

/** Starts a call whose n-th request is held in the proxy, and waits until it is. */
async function startHeld(
  { danm, proxy }: World,
  { sandbox, command, nth }: { sandbox: TestSandbox; command: string; nth: number },
): Promise<{ end: () => Promise<ReturnType<typeof answerOf>> }> {
  const kubeconfig = await proxy.kubeconfig(danm.user(sandbox.node));
  const seen = await proxy.count();
  await proxy.faults.once({ kind: "hold" }, { nth });
  const running = await danm.start(sandbox, command, { kubeconfig });
  const held = await proxy.waitForRequest(({ fault }) => fault === "hold", { after: seen });
  return {
    end: async () => {
      await proxy.release(held);
      return answerOf(await running.result);
    },
  };
}

async function gone({ danm, node }: World, sandbox: TestSandbox): Promise<void> {
  assertEquals(await danm.leftovers(sandbox), []);
  await node.deleteNetns(sandbox.netns);
}

async function delDuringAdd(world: World): Promise<void> {
  const { danm, node } = world;
  const sandbox = await danm.createSandboxFor(node, INTERFACES);
  const add = await startHeld(world, { sandbox, command: "ADD", nth: 3 });
  const del = danm.call(sandbox, "DEL");
  assertEquals((await add.end()).code, 0);
  assertEquals((await del).code, 0);
  await gone(world, sandbox);
}

async function delDuringDel(world: World): Promise<void> {
  const { danm, node } = world;
  const sandbox = await danm.createSandboxFor(node, INTERFACES);
  await danm.add(sandbox);
  const first = await startHeld(world, { sandbox, command: "DEL", nth: 2 });
  const second = danm.call(sandbox, "DEL");
  assertEquals((await first.end()).code, 0);
  assertEquals((await second).code, 0);
  await gone(world, sandbox);
}

async function addAfterDel(world: World): Promise<void> {
  const { danm, node } = world;
  const sandbox = await danm.createSandboxFor(node, INTERFACES);
  await danm.del(sandbox);
  assertEquals((await danm.fail(sandbox, "ADD")).code, 104);
  await gone(world, sandbox);
}

async function addDuringDel(world: World): Promise<void> {
  const { danm, node } = world;
  const sandbox = await danm.createSandboxFor(node, INTERFACES);
  await danm.add(sandbox);
  const del = await startHeld(world, { sandbox, command: "DEL", nth: 1 });
  const add = danm.fail(sandbox, "ADD");
  assertEquals((await del.end()).code, 0);
  assertEquals((await add).code, 104);
  await gone(world, sandbox);
}

/** Either may be first: DEL undoes ADD, or refuses it. Half of the Pods ask for the same address each time. */
async function together(world: World): Promise<void> {
  const { danm, node } = world;
  const interfaces = [[{ clusterNetwork: "busy", ip: "10.170.0.250", ip6: "dynamic" }], INTERFACES];
  const pods = await Promise.all(interfaces.map((one) => danm.createPod(node, { interfaces: one })));
  let refused = 0;
  for (let count = 0; count < TOGETHER; count++) {
    const pod = pods[count % 2];
    assert(pod);
    const sandbox = await danm.createSandbox(node, pod);
    const order = count % 4 < 2 ? ["ADD", "DEL"] : ["DEL", "ADD"];
    const running = [];
    for (const command of order) running.push(await danm.start(sandbox, command));
    const answers = await Promise.all(running.map(async ({ result }) => answerOf(await result)));
    const [add, del] = order[0] === "ADD" ? answers : answers.toReversed();
    assertEquals([del?.code, del?.document], [0, undefined]);
    if (add?.code !== 0) {
      assertEquals(add?.document?.["code"], 104, JSON.stringify(add));
      refused++;
    }
    assertEquals([await danm.held(), await danm.leftovers(sandbox)], [[], []]);
    assertEquals((await danm.fail(sandbox, "ADD")).code, 104, "an ADD that comes still later");
    await danm.del(sandbox);
    await gone(world, sandbox);
  }
  toStderr(`${TOGETHER} ADDs and DELs started together: ${refused} ADDs came second and were refused`);
}

/** As many Pods as calls at once; their sandboxes come and go one after the other. */
async function pairs(world: World): Promise<void> {
  const { danm, node } = world;
  const pods = await Promise.all(
    Array.from({ length: PAIRS_AT_ONCE }, () => danm.createPod(node, { interfaces: INTERFACES })),
  );
  const before = await lookAtLab(danm.lab);
  const began = performance.now();
  await Promise.all(pods.map(async (pod) => {
    for (let count = 0; count < PAIRS / PAIRS_AT_ONCE; count++) {
      const sandbox = await danm.createSandbox(node, pod);
      const { ips } = await danm.add(sandbox);
      assertEquals(ips.length, 3);
      await danm.del(sandbox);
      await node.deleteNetns(sandbox.netns);
    }
  }));
  toStderr(`${PAIRS} pairs, ${PAIRS_AT_ONCE} at once: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  assertEquals([await danm.held(), await readRecords(node)], [[], []]);
  await waitForProcesses(danm.lab, before);
  assertEquals(await lookAtLab(danm.lab), before);
}

async function crowd(world: World): Promise<void> {
  const { danm, node } = world;
  const sandboxes = await atOnce(Array(SANDBOXES).fill(INTERFACES), (one) => danm.createSandboxFor(node, one));
  const began = performance.now();
  const results = await atOnce(sandboxes, (sandbox) => danm.add(sandbox));
  const addresses = results.flatMap(({ ips }: AddResult) => ips.map(({ address }) => address));
  assertEquals(addresses.length, SANDBOXES * 3);
  assertEquals(new Set(addresses).size, addresses.length, "every address is given once");
  assertEquals((await danm.held()).length, SANDBOXES * HELD);
  const added = performance.now();
  await atOnce(sandboxes, (sandbox) => danm.del(sandbox));
  const ended = performance.now();
  assertEquals(await danm.held(), []);
  for (const sandbox of sandboxes.slice(0, 5)) await gone(world, sandbox);
  const records = await node.run(["find", "/var/lib/cni/danm", "-maxdepth", "1", "-type", "f"]);
  assertEquals(records.stdout, "");
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  toStderr(
    `${SANDBOXES} sandboxes, ${AT_ONCE} at once: ADD ${seconds(added - began)} s, DEL ${seconds(ended - added)} s`,
  );
}

/** Works on all items, never on more than {@linkcode AT_ONCE} at the same time; the results in the items' order. */
async function atOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = [...items.entries()];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await work(next[1]);
  }));
  return results;
}
