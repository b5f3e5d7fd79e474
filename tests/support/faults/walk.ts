/** Walks: the plugin is killed at each external step of a call in turn, and what is left is looked at. */
import { assert, assertEquals } from "@std/assert";
import type { DanmLab, TestSandbox } from "../danm_lab.ts";
import type { Node } from "../lab/node.ts";
import { assertClean } from "./audit.ts";
import { callThrough, killAt, type KillPoint, type Steps, stepsSince, type Track } from "./killed_call.ts";

/** A call that is walked through. */
export interface Walk {
  readonly name: string;
  readonly command: "ADD" | "DEL";
  readonly node: Node;
  readonly interfaces: readonly object[];
  /** Of the Pod, besides its interfaces. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** What comes after the kill: the DEL of the same sandbox, or the ADD of a newer one of its Pod and never that DEL. */
  readonly aftermath: "del" | "newer";
  /** Makes the call fail, so that it undoes what it did. Called before each call. */
  readonly disturb?: () => Promise<void>;
  /** Which points of those that an undisturbed call has are walked; default all. */
  readonly pick?: (points: KillPoint[], steps: Steps) => KillPoint[];
}

/** What was walked. */
export interface WalkReport {
  readonly name: string;
  readonly requests: number;
  readonly commands: number;
  /** How often the plugin was killed. */
  readonly kills: number;
}

/**
 * Runs a call undisturbed to count its steps, then again and again, killed at each of them.
 *
 * @throws {AssertionError} naming the step after which something was left
 */
export async function walk(track: Track, plan: Walk): Promise<WalkReport> {
  const { danm } = track;
  const { node, interfaces, annotations = {} } = plan;
  const pod = await danm.createPod(node, { interfaces, annotations });
  const steps = await countSteps(track, { plan, sandbox: await danm.createSandbox(node, pod) });
  const all = pointsOf(steps);
  const points = plan.pick?.(all, steps) ?? all;
  let kills = 0;
  for (const point of points) {
    const sandbox = await danm.createSandbox(node, pod);
    const what = describe(plan, { point, steps });
    const seen = await track.proxy.count();
    // What DEL calls, it finds where the record says: the delegates of the gate.
    if (plan.command === "DEL") await danm.add(sandbox, track.gate.options);
    await plan.disturb?.();
    const killed = await killAt(track, { sandbox, command: plan.command, point, ends: plan.disturb ? 1 : 0 });
    if (killed) kills++;
    await track.proxy.faults.clear();
    await track.gate.arm();
    // Creations run beside the commands: one may be on its way, and in doubt, though nobody has seen it yet.
    const { requests } = point.on === "command" ? steps : await stepsSince(track, seen);
    const gone = plan.aftermath === "del" ? [sandbox] : [sandbox, await addNewer(danm, { sandbox, what })];
    for (const one of gone.slice(-1)) await danm.del(one);
    for (const one of gone) {
      await assertClean(danm, one, { what, requests: plan.command === "ADD" ? requests : [] });
      await node.deleteNetns(one.netns);
    }
  }
  // A dynamic address that is taken costs a request more; so a call may have a step less than the one that was counted.
  assert(kills >= points.length - 4, `${plan.name}: ${kills} kills at ${points.length} points`);
  return { name: plan.name, requests: steps.requests.length, commands: steps.commands.length, kills };
}

async function countSteps(track: Track, { plan, sandbox }: { plan: Walk; sandbox: TestSandbox }): Promise<Steps> {
  const { danm, proxy } = track;
  if (plan.command === "DEL") await danm.add(sandbox, track.gate.options);
  await plan.disturb?.();
  const seen = await proxy.count();
  const { code, document } = await callThrough(track, { sandbox, command: plan.command });
  assertEquals(code, plan.disturb ? 1 : 0, `${plan.name}: the call that is to be counted: ${JSON.stringify(document)}`);
  const steps = await stepsSince(track, seen);
  await proxy.faults.clear();
  await danm.del(sandbox);
  assertEquals(await danm.leftovers(sandbox), []);
  await sandbox.node.deleteNetns(sandbox.netns);
  return steps;
}

/** All moments of all steps of a call. */
export function pointsOf({ requests, commands }: Steps): KillPoint[] {
  return [
    ...requests.flatMap((_, index) =>
      (["before", "after"] as const).map((moment): KillPoint => ({ on: "request", step: index + 1, moment }))
    ),
    ...commands.flatMap((_, index) =>
      (["before", "orphan", "after"] as const).map((moment): KillPoint => ({ on: "command", step: index + 1, moment }))
    ),
  ];
}

/** The same Pod's next sandbox: it must get the static addresses that the older one may hold. */
async function addNewer(
  danm: DanmLab,
  { sandbox, what }: { sandbox: TestSandbox; what: string },
): Promise<TestSandbox> {
  const newer = await danm.createSandbox(sandbox.node, sandbox.pod);
  const { code, document } = await danm.call(newer, "ADD");
  assertEquals(code, 0, `${what}: ADD of the Pod's next sandbox: ${JSON.stringify(document)}`);
  return newer;
}

function describe({ name }: Walk, { point, steps }: { point: KillPoint; steps: Steps }): string {
  const request = steps.requests[point.step - 1];
  const step = point.on === "request" ? `${request?.method} ${request?.path}` : steps.commands[point.step - 1];
  return `${name}, killed ${point.moment} ${point.on} ${point.step} (${step})`;
}
