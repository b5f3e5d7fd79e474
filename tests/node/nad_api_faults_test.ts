import { assert, assertEquals } from "@std/assert";
import { messageOf } from "../../shared/errors.ts";
import { DanmLab, type TestPod, type TestSandbox } from "../support/danm_lab.ts";
import { hostTraces, inside } from "../support/delegates/delegate_lab.ts";
import { assertClean, settleDoubts } from "../support/faults/audit.ts";
import { type FaultLane, tryAllFaults } from "../support/faults/fault_lanes.ts";
import { callWithFault, checkError, type FaultCase, SHORT_MS } from "../support/faults/faulty_call.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { asking, prepareNads, withNads } from "./nad/fault_world.ts";

labTest("API faults at every request of ADD and DEL, with NetworkAttachmentDefinitions", {}, async () => {
  await using lab = await startLab({ nodes: 2, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  await prepareNads(danm);
  await tryAllFaults(danm, async (lane) => {
    const pod = await danm.createPod(lane.node, asking(lane.node, lane.number));
    const world: World = { ...lane, danm: withNads(danm), pod };
    return (fault) => tryFault(world, fault);
  });
  for (const node of lab.nodes) {
    await settleDoubts(danm, node);
    assertEquals(await hostTraces(node), []);
  }
  assertEquals(await danm.held(), []);
});

interface World extends FaultLane {
  readonly danm: DanmLab;
  readonly pod: TestPod;
}

/** Tries a fault at each request of ADD, then at each of DEL. @returns what came of it */
async function tryFault(world: World, fault: FaultCase): Promise<string> {
  const { danm, node, pod } = world;
  const through = fault.lasting ? { ...world, danm: withNads(danm, { timeoutMs: SHORT_MS }) } : world;
  let calls = 0;
  let failed = 0;
  for (const command of ["ADD", "DEL"] as const) {
    for (let step = 1;; step++) {
      const sandbox = await danm.createSandbox(node, pod);
      if (command === "DEL") await danm.add(sandbox);
      const { answer, requests, hit } = await callWithFault(through, { sandbox, command, fault, step });
      const what = `${fault.name} at request ${step} of ${command} (${hit?.method} ${hit?.path})`;
      try {
        if (answer.code !== 0) checkError(answer, fault);
        if (!hit) assertEquals(answer.code, 0);
        if (command === "ADD" && answer.code === 0) await checkAttached(world, sandbox);
        await danm.del(sandbox);
        await assertClean(danm, sandbox, { what, requests: command === "ADD" ? requests : [] });
      } catch (error) {
        world.failures.push(new Error(`${what}: ${messageOf(error)}; it answered ${JSON.stringify(answer.document)}`));
      }
      await node.deleteNetns(sandbox.netns);
      if (!hit) break;
      calls++;
      if (answer.code !== 0) failed++;
    }
  }
  return `${fault.name}: ${calls} calls, ${failed} of them fail`;
}

/** The API has all that is ours and danm-ipam's, the kernel all addresses. */
async function checkAttached({ danm }: World, sandbox: TestSandbox): Promise<void> {
  const held = (await danm.held()).filter(({ containerID }) => containerID === sandbox.containerID);
  const kinds = held.map(({ kind }) => kind).sort();
  assertEquals(kinds, ["DanmEp", "DanmEp", "DanmEp", "DanmIp", "DanmIp", "DanmIp"]);
  const addresses = await inside(sandbox, "ip", "-o", "addr", "show", "scope", "global");
  for (const part of [" 10.220.0.", " fd00:220::", " 10.221.0.", " 10.222."]) {
    assert(addresses.includes(part), addresses);
  }
}
