/** A storm: what a runtime on each node does with many sandboxes at a time, some of whose calls are killed. */
import { assertEquals } from "@std/assert";
import { type AddResult, answerOf, type DanmLab, type TestPod } from "../danm_lab.ts";
import { listInside, type StormCalls, type StormSandbox } from "./storm_calls.ts";
import { createPods } from "./storm_pods.ts";
import type { Killer } from "./storm_kill.ts";
import { Living } from "./storm_living.ts";
import type { PlannedPod, PlannedSandbox, StormKill, StormStep } from "./storm_plan.ts";

/** Exit code of a process that was ended by SIGKILL. */
const KILLED = 128 + 9;
/** What a call is expected to take before the first of its kind has ended, in milliseconds. */
const FIRST_GUESS_MS = 800;

interface PodState {
  readonly pod: TestPod;
  /** Its sandboxes come one after the other. */
  last: Promise<void>;
  started: number;
  current?: { readonly sandbox: StormSandbox; readonly planned: PlannedSandbox };
}

type Verb = "ADD" | "DEL";

/** Runs the steps of a plan and checks what comes of each. */
export class Storm {
  /** The sandboxes that live, and what they hold. */
  readonly living = new Living();
  readonly kills: Record<Verb, number> = { ADD: 0, DEL: 0 };
  /** Sandboxes that were attached in part or whole when their ADD was killed, and that no DEL was called for. */
  readonly abandoned: StormSandbox[] = [];
  sandboxes = 0;
  readonly #danm: DanmLab;
  readonly #calls: StormCalls;
  readonly #killer: Killer;
  readonly #pods: Map<PlannedPod, PodState>;
  readonly #typicalMs = new Map<string, number>();

  private constructor(
    danm: DanmLab,
    { calls, killer, pods }: { calls: StormCalls; killer: Killer; pods: Map<PlannedPod, PodState> },
  ) {
    this.#danm = danm;
    this.#calls = calls;
    this.#killer = killer;
    this.#pods = pods;
  }

  /** Creates the Pods. */
  static async create(
    danm: DanmLab,
    { plans, ...rest }: { plans: readonly PlannedPod[]; calls: StormCalls; killer: Killer },
  ): Promise<Storm> {
    const created = await createPods(danm, plans);
    const pods = new Map(
      plans.map((plan, index): [PlannedPod, PodState] => {
        const pod = created[index];
        if (!pod) throw new Error(`no Pod was created for ${plan.name}`);
        return [plan, { pod, last: Promise.resolve(), started: 0 }];
      }),
    );
    return new Storm(danm, { ...rest, pods });
  }

  /** Works on all steps in their order, on several at the same time. The first failure ends it. */
  async run(steps: readonly StormStep[], { atOnce }: { atOnce: number }): Promise<void> {
    const left = [...steps];
    const work = async (): Promise<void> => {
      for (let step = left.shift(); step; step = left.shift()) await this.#take(step);
    };
    const lanes = Array.from({ length: atOnce }, () =>
      work().catch((error) => {
        left.length = 0;
        throw error;
      }));
    const failed = (await Promise.allSettled(lanes)).filter((lane) => lane.status === "rejected");
    if (failed.length > 0) throw new AggregateError(failed.map(({ reason }) => reason), String(failed[0]?.reason));
  }

  /** Calls DEL until it succeeds. */
  async delete(sandbox: StormSandbox, kill?: StormKill): Promise<void> {
    for (let answer = await this.#call(sandbox, { verb: "DEL", kill }); answer.code !== 0;) {
      answer = await this.#call(sandbox, { verb: "DEL" });
    }
  }

  async #take({ kind, pod }: StormStep): Promise<void> {
    const state = this.#pods.get(pod);
    if (!state) throw new Error(`${pod.name} is not a Pod of this storm`);
    const before = state.last;
    const turn = Promise.withResolvers<void>();
    state.last = turn.promise;
    await before;
    try {
      await (kind === "attach" ? this.#attach(pod, state) : this.#detach(state));
    } finally {
      turn.resolve();
    }
  }

  async #attach(plan: PlannedPod, state: PodState): Promise<void> {
    const [node, planned] = [this.#danm.lab.nodes[plan.node], plan.sandboxes[state.started++]];
    if (!node || !planned) throw new Error(`${plan.name} has no further sandbox`);
    const sandbox = { ...await this.#danm.createSandbox(node, state.pod), plan };
    this.sandboxes++;
    const older = state.current;
    // From here on it may lose what it has.
    if (older) this.living.end(older.sandbox);
    const { addKill: kill, aftermath } = planned;
    const { code, document, land } = await this.#call(sandbox, { verb: "ADD", kill });
    state.current = { sandbox, planned };
    if (older) await this.#delete(older);
    if (code === 0) this.living.begin(sandbox, document as unknown as AddResult);
    if (kill && aftermath === "newer") {
      await this.#attachNewer(plan, { state, sandbox, died: code !== 0 });
    } else if (kill && (aftermath === "del" || code === 0)) await this.#detach(state);
    else if (kill) await this.#abandon(sandbox);
    await land?.();
  }

  /** A sandbox whose ADD died is never heard of again when the Pod's next one is there. */
  async #attachNewer(
    plan: PlannedPod,
    { state, sandbox, died }: { state: PodState; sandbox: StormSandbox; died: boolean },
  ): Promise<void> {
    if (died) delete state.current;
    await this.#attach(plan, state);
    if (died) await this.#abandon(sandbox);
  }

  async #abandon(sandbox: StormSandbox): Promise<void> {
    this.abandoned.push(sandbox);
    await sandbox.node.deleteNetns(sandbox.netns);
  }

  async #detach(state: PodState): Promise<void> {
    if (!state.current) return;
    const { current } = state;
    delete state.current;
    await this.#delete(current);
  }

  async #delete({ sandbox, planned }: NonNullable<PodState["current"]>): Promise<void> {
    const { node, netns, plan } = sandbox;
    const held = this.living.end(sandbox);
    if (held.length > 0) {
      const inside = (await listInside(node, netns)).map((one) => one.split(" ")[1]);
      assertEquals(
        held.filter((address) => !inside.includes(address)),
        [],
        `${plan.name} lost addresses while it lived`,
      );
    }
    if (planned.netnsGoesFirst) await node.deleteNetns(netns);
    await this.delete(sandbox, planned.delKill);
    if (planned.netnsGoesFirst) return;
    // A delegate that outlives its caller may make a link after DEL; it goes with the namespace.
    if (!planned.addKill) assertEquals(await listInside(node, netns), [], `${plan.name}: left in its namespace`);
    await node.deleteNetns(netns);
  }

  async #call(
    sandbox: StormSandbox,
    { verb, kill }: { verb: Verb; kill?: StormKill | undefined },
  ): Promise<{ code: number; document: unknown; land?: () => Promise<unknown> }> {
    const { node, plan } = sandbox;
    const kindOfCall = `${plan.plugin} ${verb}`;
    const typicalMs = this.#typicalMs.get(kindOfCall) ?? FIRST_GUESS_MS;
    const began = performance.now();
    const { result, land } = kill
      ? await this.#killer.run({
        node,
        kill,
        typicalMs,
        start: (through) => this.#calls.start({ sandbox, verb, through }),
      })
      : { result: await (await this.#calls.start({ sandbox, verb })).result };
    const killed = kill !== undefined && result.code === KILLED;
    if (killed) {
      this.kills[verb]++;
      return { code: KILLED, document: undefined, ...(land && { land }) };
    }
    if (!kill) this.#typicalMs.set(kindOfCall, 0.8 * typicalMs + 0.2 * (performance.now() - began));
    if (result.code !== 0) throw new Error(`${kindOfCall} of ${plan.name} failed: ${JSON.stringify(result)}`);
    return { code: 0, document: answerOf(result).document };
  }
}
