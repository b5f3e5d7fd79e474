/** What a storm does, decided by its seed: Pods, their sandboxes one after the other, and where the plugin is killed. */
import type { CommandMoment } from "./command_gate.ts";

/** Who gives a Pod its addresses. */
export type StormPlugin = "danm" | "danm-ipam";

/** Where a call is killed. */
export type StormKill =
  /** After a part of the time that such a call takes; alone, or with all that it started. */
  | { readonly on: "time"; readonly fraction: number; readonly whole: boolean }
  | { readonly on: "command"; readonly step: number; readonly moment: CommandMoment }
  /** `before`, `after` the API server did it, or before, and the API server does it when all is over: `late`. */
  | { readonly on: "request"; readonly method?: "POST"; readonly nth: number; readonly moment: RequestMoment };
/** When a call is killed at one of its requests. */
export type RequestMoment = "before" | "after" | "late";

/** What the runtime does after a killed ADD; `gone`: the Pod is deleted, and nobody ever calls DEL. */
export type Aftermath = "del" | "newer" | "gone";

/** One sandbox of a Pod. */
export interface PlannedSandbox {
  readonly addKill?: StormKill;
  readonly aftermath: Aftermath;
  readonly delKill?: StormKill;
  /** The namespace is gone before DEL is called. */
  readonly netnsGoesFirst: boolean;
}

/** A Pod: its interfaces are the same for all its sandboxes. */
export interface PlannedPod {
  readonly name: string;
  /** Index of the node. */
  readonly node: number;
  readonly plugin: StormPlugin;
  readonly interfaces: readonly { readonly ip: string; readonly ip6?: string }[];
  readonly sandboxes: PlannedSandbox[];
}

/** `attach`: the Pod's next sandbox, while the one before lives or not. `detach`: its last one. */
export interface StormStep {
  readonly kind: "attach" | "detach";
  readonly pod: PlannedPod;
}

/** The size of a storm. */
export interface StormSize {
  readonly sandboxes: number;
  readonly nodes: number;
  /** Dynamic IPv4 addresses held by living sandboxes: from here on one is detached for each that is attached. */
  readonly dynamicTarget: number;
  /** Pairs of addresses that Pods may ask for by name. */
  readonly statics: readonly { readonly ip: string; readonly ip6: string }[];
}

/** Part of the ADDs, and of the DELs, that are killed, if they have not ended by then. */
const KILLED = 0.17;
/** Below so many living Pods none is detached or gets another sandbox. */
const FEW = 20;

/** Plans a storm; the same numbers give the same storm. */
export function planStorm(size: StormSize, random: () => number): { pods: PlannedPod[]; steps: StormStep[] } {
  const pods: PlannedPod[] = [];
  const steps: StormStep[] = [];
  const live: PlannedPod[] = [];
  const statics = [...size.statics];
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  let sandboxes = 0;
  const attach = (pod: PlannedPod): void => {
    steps.push({ kind: "attach", pod });
    for (let killed = true; killed; sandboxes++) {
      const sandbox = planSandbox(random);
      pod.sandboxes.push(sandbox);
      killed = sandbox.addKill !== undefined && sandbox.aftermath === "newer";
      if (sandbox.addKill && !killed) remove(live, pod);
    }
  };
  const detach = (): void => {
    const pod = pick(live);
    remove(live, pod);
    steps.push({ kind: "detach", pod });
  };
  while (sandboxes < size.sandboxes) {
    const held = live.reduce((sum, pod) => sum + countDynamic(pod), 0);
    const chance = live.length > FEW ? random() : 1;
    if (held >= size.dynamicTarget || chance < 0.08) detach();
    else if (chance < 0.16) attach(random() < 0.5 ? pick(live) : live.find(isStatic) ?? pick(live));
    else {
      const pod = planPod({ number: pods.length, nodes: size.nodes, statics }, random);
      pods.push(pod);
      live.push(pod);
      attach(pod);
    }
  }
  while (live.length > 0) detach();
  return { pods, steps };
}

function planPod(
  { number, nodes, statics }: { number: number; nodes: number; statics: StormSize["statics"][number][] },
  random: () => number,
): PlannedPod {
  const plugin = random() < 0.5 ? "danm" : "danm-ipam";
  const wanted = random() < 0.12 ? statics.pop() : undefined;
  const first = { ip: wanted?.ip ?? "dynamic", ...(random() < 0.4 && { ip6: wanted?.ip6 ?? "dynamic" }) };
  const more = plugin === "danm" && random() < 0.5 ? [{ ip: "dynamic" }] : [];
  const node = Math.floor(random() * nodes);
  return { name: `storm-${number}`, node, plugin, interfaces: [first, ...more], sandboxes: [] };
}

function planSandbox(random: () => number): PlannedSandbox {
  const addKill = random() < KILLED ? planKill("ADD", random) : undefined;
  const delKill = random() < KILLED ? planKill("DEL", random) : undefined;
  const turn = random();
  return {
    ...(addKill && { addKill }),
    ...(delKill && { delKill }),
    aftermath: turn < 0.5 ? "del" : turn < 0.75 ? "newer" : "gone",
    netnsGoesFirst: random() < 0.1,
  };
}

function planKill(verb: "ADD" | "DEL", random: () => number): StormKill {
  const turn = random();
  if (turn < 0.6) return { on: "time", fraction: random(), whole: random() < 0.5 };
  if (turn < 0.75) {
    const moment = (["before", "orphan", "after"] as const)[Math.floor(random() * 3)] ?? "before";
    return { on: "command", step: 1 + Math.floor(random() * 3), moment };
  }
  const moment = (["before", "after", "late"] as const)[Math.floor(random() * (verb === "ADD" ? 3 : 2))] ?? "before";
  if (moment === "late") return { on: "request", method: "POST", nth: 1 + Math.floor(random() * 2), moment };
  return { on: "request", nth: 1 + Math.floor(random() * (verb === "ADD" ? 5 : 3)), moment };
}

function countDynamic({ interfaces }: PlannedPod): number {
  return interfaces.filter(({ ip }) => ip === "dynamic").length;
}

function isStatic(pod: PlannedPod): boolean {
  return pod.interfaces.some(({ ip }) => ip !== "dynamic");
}

function remove<T>(items: T[], item: T): void {
  const index = items.indexOf(item);
  if (index >= 0) items.splice(index, 1);
}
