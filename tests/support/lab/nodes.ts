import type { Progress } from "../progress.ts";
import type { Node } from "./node.ts";
import { NativeNode, probeMachine } from "./node_native.ts";
import { createManagementBridge, UmlNode } from "./node_uml.ts";
import { ensurePrerequisites } from "./prerequisites.ts";
import type { LabRecord } from "./registry.ts";

/** Which kind of nodes is wanted. */
export type NodeKind = "auto" | Node["kind"];

/** How many nodes of which kind; what is started is stopped through `undo`. */
export interface StartNodesOptions {
  readonly count: number;
  readonly kind: NodeKind;
  /** Whether nodes have disks that outlive their reboot. Default false. */
  readonly disks?: boolean;
  readonly progress: Progress;
  readonly undo: AsyncDisposableStack;
}

/** Starts a lab's nodes, all at once. */
export async function startNodes(lab: LabRecord, options: StartNodesOptions): Promise<Node[]> {
  const kind = options.kind === "auto" ? await bestKind() : options.kind;
  if (options.count === 0) return [];
  await ensurePrerequisites({ uml: kind === "uml" }, options.progress);
  options.progress(`starting ${options.count} ${kind} nodes`);
  if (kind === "uml") await createManagementBridge(lab);
  const starting = Array.from({ length: options.count }, async (_, index) => {
    const node = await (kind === "native" ? NativeNode : UmlNode).start(lab, index, { disk: options.disks ?? false });
    options.undo.defer(() => node.stop());
    return node;
  });
  // All of them, even if one fails: what is still starting cannot be stopped.
  await Promise.allSettled(starting);
  return await Promise.all(starting);
}

/** Native where the machine's kernel can do all that DANM needs. */
export async function bestKind(): Promise<Node["kind"]> {
  const { ipvlan, vlan, dummy } = await probeMachine();
  return ipvlan && vlan && dummy ? "native" : "uml";
}
