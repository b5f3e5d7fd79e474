import { assert, assertEquals, assertMatch } from "@std/assert";
import { messageOf } from "../../shared/errors.ts";
import { callingIpam } from "../support/danm_ipam_lab.ts";
import { type CallOptions, DanmLab, type TestPod } from "../support/danm_lab.ts";
import { assertClean, settleDoubts } from "../support/faults/audit.ts";
import { CommandGate } from "../support/faults/command_gate.ts";
import { callWithFault, checkError, type FaultCase, FAULTS, SHORT_MS } from "../support/faults/faulty_call.ts";
import { walk, type WalkReport } from "../support/faults/walk.ts";
import { type FaultProxy, startFaultProxy } from "../support/lab/fault_proxy.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";

const ADDRESS_IN_USE = 101;
const NETWORK = {
  apiVersion: "danm.io/v1",
  kind: "ClusterNetwork",
  metadata: { name: "wide" },
  spec: { NetworkID: "wide", Options: { host_device: "none", cidr: "10.180.0.0/16", net6: "fd00:180::/64" } },
};

labTest("danm-ipam: kill -9 and API faults at every request of ADD and DEL", {}, async () => {
  await using lab = await startLab({ nodes: 2, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  await danm.apply(NETWORK);
  const [one, two] = lab.nodes;
  assert(one && two);
  const lasting = FAULTS.filter((fault) => fault.lasting);
  const others = FAULTS.filter((fault) => !fault.lasting);
  const lines = await Promise.all([
    killed({ lab, danm, node: one }),
    ...[...lasting.map((fault) => [fault]), others].map((faults, lane) =>
      disturbed({ lab, danm, node: two }, { faults, lane })
    ),
  ]);
  for (const line of lines.flat()) toStderr(line);
  for (const node of lab.nodes) {
    toStderr(`${node.name}: ${await settleDoubts(callingIpam(danm, SECTION), node)} doubtful records settled`);
  }
  assertEquals(await danm.held(), []);
});

const SECTION = { clusterNetwork: "wide" };

interface Place {
  readonly lab: Lab;
  readonly danm: DanmLab;
  readonly node: Node;
}

/** Dual stack, one of them static: a newer sandbox of the Pod must get that, whatever the older one left. */
async function killed({ lab, danm, node }: Place): Promise<string[]> {
  await using proxy = await startFaultProxy(lab);
  const kubeconfig = await proxy.kubeconfig(danm.user(node));
  const gate = await CommandGate.create(`${lab.dir}/gate-ipam`, { cniPath: danm.cniPath, plugins: {} });
  const track = { danm: callingIpam(danm, { ...SECTION, ip: "10.180.200.1" }), proxy, kubeconfig, gate };
  const common = { node, interfaces: [] };
  const disturb = async (): Promise<void> =>
    void await proxy.faults.once({ kind: "answer", status: 403 }, { method: "POST", path: /danmips/, nth: 2 });
  const reports: WalkReport[] = [];
  for (
    const plan of [
      { name: "ADD, then DEL", command: "ADD", aftermath: "del" },
      { name: "DEL, then DEL", command: "DEL", aftermath: "del" },
      { name: "ADD, then a newer sandbox", command: "ADD", aftermath: "newer" },
      { name: "ADD that fails, then DEL", command: "ADD", aftermath: "del", disturb },
    ] as const
  ) reports.push(await walk(track, { ...common, ...plan }));
  return reports.map(({ name, requests, commands, kills }) => {
    assertEquals(commands, 0, `${name}: danm-ipam starts nothing`);
    return `${name}: ${requests} requests, ${kills} kills`;
  });
}

interface Lane {
  readonly danm: DanmLab;
  readonly node: Node;
  readonly proxy: FaultProxy;
  readonly kubeconfig: string;
}

async function disturbed(
  { lab, danm, node }: Place,
  { faults, lane: number }: { faults: readonly FaultCase[]; lane: number },
): Promise<string[]> {
  await using proxy = await startFaultProxy(lab);
  const kubeconfig = await proxy.kubeconfig(danm.user(node));
  const lane: Lane = { danm: callingIpam(danm, SECTION), node, proxy, kubeconfig };
  const lines: string[] = [];
  for (const [index, fault] of faults.entries()) {
    lines.push(await tryFault(lane, { fault, address: `10.180.${100 + number}.${index + 1}` }));
  }
  return lines;
}

/** Tries a fault at each request of ADD, then at each of DEL. @returns what came of it */
async function tryFault(lane: Lane, { fault, address }: { fault: FaultCase; address: string }): Promise<string> {
  const { danm, node } = lane;
  const counts = new Map<string, number>();
  const pod = await danm.createPod(node);
  const ipam = { ip: address, ...(fault.lasting && { timeoutMs: SHORT_MS }) };
  const options: CallOptions = { conf: { ipam } };
  for (const command of ["ADD", "DEL"] as const) {
    for (let step = 1;; step++) {
      const sandbox = await danm.createSandbox(node, pod);
      if (command === "DEL") await danm.add(sandbox, options);
      const { answer, hit, requests } = await callWithFault(lane, { sandbox, command, fault, step, options });
      const what = `${fault.name} at request ${step} of ${command} (${hit?.method} ${hit?.path})`;
      try {
        if (answer.code !== 0) checkError(answer, hit ? fault : { ...fault, codes: [] });
        // Who releases asks for nothing new.
        const asked = { what, requests: command === "ADD" ? requests : [] };
        if (command === "ADD" && answer.code === 0) {
          await checkHeld(lane, { pod, address, inUse: hit?.method === "POST" });
        } else if (command === "ADD" && !fault.lasting) await assertClean(danm, sandbox, asked);
        await danm.del(sandbox);
        await assertClean(danm, sandbox, asked);
      } catch (error) {
        throw new Error(`${what}: ${messageOf(error)}; it answered ${JSON.stringify(answer)}`, { cause: error });
      }
      await node.deleteNetns(sandbox.netns);
      if (!hit) break;
      const end = `${command} ${answer.code === 0 ? "succeeds" : `fails with code ${answer.document?.["code"]}`}`;
      counts.set(end, (counts.get(end) ?? 0) + 1);
    }
  }
  return `${fault.name}: ${[...counts].map(([end, times]) => `${end} ${times} times`).join(", ")}`;
}

/** The Pod holds an address of each family; where one of them was in question, nobody else gets it. */
async function checkHeld(
  { danm, node }: Lane,
  { pod, address, inUse }: { pod: TestPod; address: string; inUse: boolean },
): Promise<void> {
  const { items } = JSON.parse(await danm.lab.kubectl(["get", "danmips", "-o", "json"]));
  const specs = (items as { spec: Record<string, string> }[]).map(({ spec }) => spec);
  const own = specs.filter(({ podUID }) => podUID === pod.uid).map((spec) => spec["address"] ?? "");
  assertEquals([own.length, own.includes(address)], [2, true], own.join());
  if (!inUse) return;
  const rival = await danm.createSandbox(node, await danm.createPod(node));
  const { code, msg } = await danm.fail(rival, "ADD", { conf: { ipam: { ip: address } } });
  assertEquals(code, ADDRESS_IN_USE, msg);
  assertMatch(msg, new RegExp(`^address ${address} of ClusterNetwork wide is in use by Pod default/${pod.name},`));
  await danm.del(rival);
  assertEquals(await danm.leftovers(rival), []);
  await node.deleteNetns(rival.netns);
}
