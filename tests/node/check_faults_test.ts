import { assert, assertEquals, assertMatch } from "@std/assert";
import { type AddResult, answerOf, DanmLab, IPAM_STATE_DIR, STATE_DIR, type TestSandbox } from "../support/danm_lab.ts";
import { hostTraces, inside } from "../support/delegates/delegate_lab.ts";
import { callWithFault, checkError, FAULTS, SHORT_MS } from "../support/faults/faulty_call.ts";
import { callThrough, killAt, stepsSince, type Track } from "../support/faults/killed_call.ts";
import { pointsOf } from "../support/faults/walk.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { toStderr } from "../support/progress.ts";
import { waitFor } from "../support/wait.ts";
import { asking, openNadTrack, prepareNads, withNads } from "./nad/fault_world.ts";

labTest("CHECK that is disturbed says nothing untrue, and changes nothing", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  await prepareNads(danm);
  const [node] = lab.nodes;
  assert(node);
  const sandbox = await danm.createSandbox(node, await danm.createPod(node, asking(node, 0)));
  const prevResult = await withNads(danm).add(sandbox);
  await using track = await openNadTrack(withNads(danm, { prevResult }), node);
  const world: World = { danm, sandbox, track, prevResult };
  // The kernel is still at its own addresses for a while.
  const settled = async (): Promise<boolean> => !(await inside(sandbox, "ip", "addr")).includes("tentative");
  await waitFor("addresses that are no longer tentative", settled);
  await t.step("kill -9 at every external step", () => killed(world));
  await t.step("API faults at every request", () => faulty(world));
  await t.step("a sandbox that is being detached is not attached", () => duringDel(world));
  assertEquals([await danm.leftovers(sandbox), await hostTraces(node)], [[], []]);
});

interface World {
  readonly danm: DanmLab;
  readonly sandbox: TestSandbox;
  /** Its calls have the result of ADD. */
  readonly track: Track;
  readonly prevResult: AddResult;
}

/** All that the sandbox has, in the API, the kernel and on the node's disk, as texts that are equal while nothing changes. */
async function stateOf({ danm, sandbox }: World): Promise<string[]> {
  const kernel = "ip -details addr; ip route show table all; ip -6 route show table all; ip rule; ip -6 rule";
  const dirs = [STATE_DIR, IPAM_STATE_DIR, "/var/lib/cni/networks"];
  const [objects, links, files] = await Promise.all([
    danm.lab.kubectl(["get", "danmips,danmeps", "-A", "-o", "json"]),
    inside(sandbox, "sh", "-c", kernel),
    sandbox.node.run(["find", ...dirs, "-type", "f", "-not", "-name", "lock", "-exec", "sha256sum", "{}", "+"]),
  ]);
  // Routes of the kernel's own expire.
  return [objects, links.replaceAll(/ expires \d+sec/g, ""), files.stdout.split("\n").sort().join("\n")];
}

async function passes({ danm, sandbox, prevResult }: World, what: string): Promise<void> {
  const { code, document } = await withNads(danm, { prevResult }).call(sandbox, "CHECK");
  assertEquals([code, document], [0, undefined], what);
}

async function killed(world: World): Promise<void> {
  const { track, sandbox } = world;
  const command = "CHECK";
  const seen = await track.proxy.count();
  assertEquals((await callThrough(track, { sandbox, command })).code, 0);
  const steps = await stepsSince(track, seen);
  const before = await stateOf(world);
  const points = pointsOf(steps);
  let kills = 0;
  for (const point of points) {
    const what = `CHECK, killed ${point.moment} ${point.on} ${point.step}`;
    if (await killAt(track, { sandbox, command, point, ends: 0 })) kills++;
    await track.proxy.faults.clear();
    await track.gate.arm();
    await passes(world, what);
    assertEquals(await stateOf(world), before, what);
  }
  assertEquals(kills, points.length);
  toStderr(`CHECK: ${steps.requests.length} requests, ${steps.commands.length} commands, ${kills} kills`);
}

async function faulty(world: World): Promise<void> {
  const { sandbox, track } = world;
  const before = await stateOf(world);
  let calls = 0;
  let failures = 0;
  for (const fault of FAULTS) {
    for (let step = 1;; step++) {
      const conf = { prevResult: world.prevResult, ...(fault.lasting && { timeoutMs: SHORT_MS }) };
      const through = { ...track, danm: withNads(world.danm, conf) };
      const { answer, requests, hit } = await callWithFault(through, { sandbox, command: "CHECK", fault, step });
      const what = `${fault.name} at request ${step} of CHECK (${hit?.path})`;
      // Nothing is missing: whoever says so has not looked.
      if (hit && answer.code !== 0) checkError(answer, fault);
      if (!hit || fault.codes.length === 0) assertEquals([answer.code, answer.document], [0, undefined], what);
      assertEquals(requests.filter(({ method }) => method !== "GET"), [], what);
      assertEquals(await stateOf(world), before, what);
      if (!hit) break;
      calls++;
      if (answer.code !== 0) failures++;
    }
    await passes(world, fault.name);
  }
  toStderr(`CHECK: ${calls} faults of ${FAULTS.length} kinds, ${failures} of them an error`);
}

async function duringDel({ danm, sandbox, track: { proxy, kubeconfig }, prevResult }: World): Promise<void> {
  const nads = withNads(danm);
  await proxy.faults.once({ kind: "hold" }, { nth: 1 });
  const seen = await proxy.count();
  const detaching = await nads.start(sandbox, "DEL", { kubeconfig });
  const held = await proxy.waitForRequest(({ fault }) => fault === "hold", { after: seen });
  const checking = withNads(danm, { prevResult }).fail(sandbox, "CHECK");
  await proxy.release(held);
  assertEquals(answerOf(await detaching.result).code, 0);
  const { code, msg } = await checking;
  assertEquals(code, 104);
  assertMatch(msg, /is not attached on this node/);
}
