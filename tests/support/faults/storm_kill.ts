/** Kills calls of a storm, many of which run at the same time. */
import type { DanmLab } from "../danm_lab.ts";
import type { FaultProxy } from "../lab/fault_proxy.ts";
import type { SeenRequest } from "../lab/fault_rules.ts";
import type { Node } from "../lab/node.ts";
import { type CommandResult, type RunningCommand, signalProcess } from "../run.ts";
import { waitFor } from "../wait.ts";
import type { CommandGate } from "./command_gate.ts";
import type { StormKill } from "./storm_plan.ts";

/** What a call goes through. */
export interface Through {
  readonly kubeconfig?: string;
  /** In front of PATH and CNI_PATH. */
  readonly gate?: CommandGate;
}

/** A call that is to be killed. */
export interface KilledCall {
  readonly node: Node;
  readonly kill: StormKill;
  /** How long such a call takes, in milliseconds. */
  readonly typicalMs: number;
  readonly start: (through: Through) => Promise<RunningCommand>;
}

/** How it ended. */
export interface KillOutcome {
  readonly result: CommandResult;
  /** Lets the API server do what the call had asked for before it was killed. */
  readonly land?: () => Promise<unknown>;
}

/** The places where calls are killed: one call at a time at each. */
export class Killer {
  readonly #danm: DanmLab;
  readonly #gates: CommandGate[];
  readonly #proxies: FaultProxy[];

  /** Use as many gates and proxies as calls are to be killed there at once. */
  constructor(danm: DanmLab, { gates, proxies }: { gates: readonly CommandGate[]; proxies: readonly FaultProxy[] }) {
    this.#danm = danm;
    this.#gates = [...gates];
    this.#proxies = [...proxies];
  }

  /** Runs a call to its end, which may come before it is killed. */
  async run(call: KilledCall): Promise<KillOutcome> {
    const { kill } = call;
    switch (kill.on) {
      case "time":
        return { result: await killInTime(call, kill) };
      case "command":
        return await withOneOf(this.#gates, "gate", async (gate) => {
          await gate.arm(kill);
          const { result } = await call.start({ gate });
          const ended = await result;
          await gate.arm();
          return { result: ended };
        });
      case "request":
        return await withOneOf(this.#proxies, "proxy", async (proxy) => {
          const kubeconfig = await proxy.kubeconfig(this.#danm.user(call.node));
          return await killAtRequest(call, { kill, proxy, kubeconfig });
        });
    }
  }
}

async function withOneOf<P, T>(free: P[], what: string, work: (one: P) => Promise<T>): Promise<T> {
  const one = await waitFor(`a free ${what}`, () => free.pop(), { timeoutMs: 60_000 });
  try {
    return await work(one);
  } finally {
    free.push(one);
  }
}

async function killInTime(
  { start, typicalMs }: KilledCall,
  { fraction, whole }: Extract<StormKill, { on: "time" }>,
): Promise<CommandResult> {
  const running = await start({});
  // The moment is the fault itself: nothing is waited for.
  const timer = setTimeout(() => signalProcess(whole ? -running.pid : running.pid, "SIGKILL"), fraction * typicalMs);
  try {
    return await running.result;
  } finally {
    clearTimeout(timer);
  }
}

/** With all that it started: it may be a plugin's plugin that speaks to the API server. */
async function killAtRequest(
  { start }: KilledCall,
  options: { kill: Extract<StormKill, { on: "request" }>; proxy: FaultProxy; kubeconfig: string },
): Promise<KillOutcome> {
  const { kill: { method, nth, moment }, proxy, kubeconfig } = options;
  const seen = await proxy.count();
  await proxy.faults.once({ kind: "hold" }, { nth, ...(method && { method }) });
  const running = await start({ kubeconfig });
  const held = await findHeld(running, { proxy, seen });
  await proxy.faults.clear();
  if (!held) return { result: await running.result };
  if (moment === "after") {
    // Stopped, it cannot see the answer.
    signalProcess(-running.pid, "SIGSTOP");
    await proxy.release(held);
  }
  signalProcess(-running.pid, "SIGKILL");
  return { result: await running.result, ...(moment === "late" && { land: () => proxy.release(held) }) };
}

async function findHeld(
  running: RunningCommand,
  { proxy, seen }: { proxy: FaultProxy; seen: number },
): Promise<SeenRequest | undefined> {
  const ended = new AbortController();
  void running.result.then(() => ended.abort());
  const probe = async (): Promise<SeenRequest | undefined> =>
    (await proxy.requests(seen)).find(({ fault }) => fault === "hold");
  try {
    return await waitFor("the request to be held", probe, { signal: ended.signal });
  } catch (error) {
    if (!ended.signal.aborted) throw error;
    return undefined;
  }
}
