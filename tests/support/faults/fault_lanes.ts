/** All faults in turn, by several lanes that work side by side on one cluster. */
import { messageOf } from "../../../shared/errors.ts";
import type { DanmLab } from "../danm_lab.ts";
import { type FaultProxy, startFaultProxy } from "../lab/fault_proxy.ts";
import type { Node } from "../lab/node.ts";
import { toStderr } from "../progress.ts";
import { type FaultCase, FAULTS } from "./faulty_call.ts";

/** What one lane works with: a node, and a way to the API server of its own. */
export interface FaultLane {
  readonly node: Node;
  /** From 0; no other lane has it. */
  readonly number: number;
  readonly proxy: FaultProxy;
  /** Of the node's plugin, through the proxy. */
  readonly kubeconfig: string;
  /** What went wrong: all of it is worth knowing, not the first alone. */
  readonly failures: Error[];
}

/**
 * Tries every fault once, in two lanes a node.
 *
 * @param open makes what tries faults in a lane, and says in a line what came of each
 * @throws {Error} of everything that went wrong
 */
export async function tryAllFaults(
  danm: DanmLab,
  open: (lane: FaultLane) => Promise<(fault: FaultCase) => Promise<string>>,
): Promise<void> {
  const { lab } = danm;
  const cases = [...FAULTS];
  const lines: string[] = [];
  const failures: Error[] = [];
  const run = async (node: Node, number: number): Promise<void> => {
    await using proxy = await startFaultProxy(lab);
    const kubeconfig = await proxy.kubeconfig(danm.user(node));
    const tryFault = await open({ node, number, proxy, kubeconfig, failures });
    for (let fault = cases.shift(); fault; fault = cases.shift()) lines.push(await tryFault(fault));
  };
  await Promise.all(lab.nodes.flatMap((node, index) => [run(node, 2 * index), run(node, 2 * index + 1)]));
  for (const line of lines.sort()) toStderr(line);
  if (failures.length === 0) return;
  throw new Error(`${failures.length} faults went wrong:\n${failures.map(messageOf).join("\n")}`);
}
