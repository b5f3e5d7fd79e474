/** Calls of the plugin that are killed at one of their external steps. */
import { assertEquals } from "@std/assert";
import { answerOf, type CallOptions, type DanmLab, type TestSandbox } from "../danm_lab.ts";
import type { FaultProxy } from "../lab/fault_proxy.ts";
import type { SeenRequest } from "../lab/fault_rules.ts";
import type { RunningCommand } from "../run.ts";
import { waitFor } from "../wait.ts";
import type { CommandGate, CommandMoment } from "./command_gate.ts";

/** Exit code of a process that was ended by SIGKILL. */
const KILLED = 128 + 9;

/** An external step of a call, and the moment of it at which the process is killed. */
export type KillPoint =
  | { readonly on: "command"; readonly step: number; readonly moment: CommandMoment }
  /** `before`: the API server has not seen the request; `after`: it has done it, and nobody was told. */
  | { readonly on: "request"; readonly step: number; readonly moment: "before" | "after" };

/** Where the steps of calls pass: one set of parts for each walk that goes on at the same time. */
export interface Track {
  readonly danm: DanmLab;
  readonly proxy: FaultProxy;
  readonly gate: CommandGate;
  /** The node's kubeconfig, through the proxy. */
  readonly kubeconfig: string;
}

/** What a call did to the outside. */
export interface Steps {
  readonly requests: readonly SeenRequest[];
  readonly commands: readonly string[];
}

/** Calls the plugin through proxy and gate. */
export async function callThrough(
  { danm, gate, kubeconfig }: Track,
  { sandbox, command, options = {} }: { sandbox: TestSandbox; command: string; options?: CallOptions },
): Promise<ReturnType<typeof answerOf>> {
  await gate.arm();
  return await danm.call(sandbox, command, { ...options, kubeconfig, ...gate.options });
}

/** What was done since a number of requests had been seen. */
export async function stepsSince(track: Track, seen: number): Promise<Steps> {
  return { requests: await track.proxy.requests(seen), commands: await track.gate.steps() };
}

/**
 * Calls the plugin and kills it at a certain step.
 *
 * @returns false when the call ended by itself, because this time it did not take so many steps
 * @throws {AssertionError} when it ended in any other way
 */
export async function killAt(
  track: Track,
  call: { sandbox: TestSandbox; command: string; point: KillPoint; ends: number },
): Promise<boolean> {
  const { gate, kubeconfig } = track;
  const { sandbox, command, point, ends } = call;
  await gate.arm(point.on === "command" ? point : undefined);
  const seen = await track.proxy.count();
  if (point.on === "request") await track.proxy.faults.once({ kind: "hold" }, { nth: point.step });
  const running = await track.danm.start(sandbox, command, { kubeconfig, ...gate.options });
  if (point.on === "request") await killAtRequest(track, { running, point, seen });
  const { code, document } = answerOf(await running.result);
  if (code === ends) return false;
  assertEquals(
    [code, document],
    [KILLED, undefined],
    `${command}, to be killed ${point.moment} ${point.on} ${point.step}`,
  );
  return true;
}

async function killAtRequest(
  { proxy }: Track,
  { running, point: { moment }, seen }: { running: RunningCommand; point: KillPoint; seen: number },
): Promise<void> {
  const ended = new AbortController();
  void running.result.then(() => ended.abort());
  const probe = async (): Promise<SeenRequest | undefined> =>
    (await proxy.requests(seen)).find(({ fault }) => fault === "hold");
  const held = await waitFor("the request to be held", probe, { signal: ended.signal }).catch((error) => {
    if (!ended.signal.aborted) throw error;
    return undefined;
  });
  if (held && moment === "after") {
    // Stopped, it cannot see the answer.
    await running.kill("SIGSTOP");
    await proxy.release(held);
  }
  if (held) await running.kill("SIGKILL");
}
