import { assert, assertEquals } from "@std/assert";
import { messageOf } from "../../shared/errors.ts";
import { DanmLab, type TestPod, type TestSandbox } from "../support/danm_lab.ts";
import { hostTraces, inside } from "../support/delegates/delegate_lab.ts";
import { assertClean, settleDoubts } from "../support/faults/audit.ts";
import { callWithFault, checkError, type FaultCase, FAULTS, SHORT_MS } from "../support/faults/faulty_call.ts";
import { type FaultProxy, startFaultProxy } from "../support/lab/fault_proxy.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";
import { asking, prepareNads, withNads } from "./nad/fault_world.ts";

labTest("API faults at every request of ADD and DEL, with NetworkAttachmentDefinitions", {}, async () => {
  await using lab = await startLab({ nodes: 2, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  await prepareNads(danm);
  const cases = [...FAULTS];
  const lines: string[] = [];
  const failures: Error[] = [];
  await Promise.all(lab.nodes.flatMap((node, index) => [lane(node, 2 * index), lane(node, 2 * index + 1)]));
  for (const line of lines.sort()) toStderr(line);
  if (failures.length > 0) {
    throw new Error(`${failures.length} faults went wrong:\n${failures.map(messageOf).join("\n")}`);
  }
  for (const node of lab.nodes) {
    await settleDoubts(danm, node);
    assertEquals(await hostTraces(node), []);
  }
  assertEquals(await danm.held(), []);

  async function lane(node: Node, number: number): Promise<void> {
    await using proxy = await startFaultProxy(lab);
    const kubeconfig = await proxy.kubeconfig(danm.user(node));
    const pod = await danm.createPod(node, asking(node, number));
    const world: World = { danm: withNads(danm), node, pod, proxy, kubeconfig, failures };
    for (let fault = cases.shift(); fault; fault = cases.shift()) lines.push(await tryFault(world, fault));
  }
});

interface World {
  readonly danm: DanmLab;
  readonly node: Node;
  readonly pod: TestPod;
  readonly proxy: FaultProxy;
  readonly kubeconfig: string;
  /** What went wrong: all of it is worth knowing, not the first alone. */
  readonly failures: Error[];
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
