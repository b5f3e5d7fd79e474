import { createObjectStore, type ObjectStore } from "../../../ipam/object_store.ts";
import { KubeClient } from "../../../shared/kube/client.ts";
import { loadKubeconfig } from "../../../shared/kube/kubeconfig.ts";
import { DanmIp } from "../../../shared/schema/danm_ip.ts";
import { parse } from "../../../shared/schema/describe_issues.ts";
import type { PluginProcess } from "../ipam/recorded_sandbox.ts";
import { type FaultProxy, startFaultProxy } from "../lab/fault_proxy.ts";
import type { SeenRequest } from "../lab/fault_rules.ts";
import type { Lab } from "../lab/lab.ts";
import { waitFor } from "../wait.ts";
import { type FaultKind, isSilent } from "./ipam_kinds.ts";

/** Tries are as many as two faults in a row cannot use up, and pauses as short as can be. */
const RETRY = { maxTries: 5, baseDelayMs: 1, maxDelayMs: 1 };

/** Somebody's address, as the API server has it. */
export interface HeldAddress {
  readonly name: string;
  readonly uid: string;
  readonly containerID: string;
}

/** A fault of one request, counted from 1. */
export interface PlannedFault {
  readonly at: number;
  readonly kind: FaultKind;
}

/** A way to the API server that has a fault proxy, a clock and address spaces of its own. */
export class Lane implements AsyncDisposable {
  readonly name: string;
  readonly proxy: FaultProxy;
  /** The store without a proxy in between. */
  readonly direct: ObjectStore;
  /** Seconds; goes on when a test says so. */
  now = 1000;
  #seen = 0;
  /** Number of the last request without answer that was waited for. */
  #silent = 0;
  #count = 0;
  readonly #client: KubeClient;
  readonly #through: KubeClient;
  readonly #parts: AsyncDisposableStack;

  private constructor(
    parts: { name: string; proxy: FaultProxy; client: KubeClient; through: KubeClient; stack: AsyncDisposableStack },
  ) {
    this.name = parts.name;
    this.proxy = parts.proxy;
    this.#client = parts.client;
    this.#through = parts.through;
    this.#parts = parts.stack;
    this.direct = createObjectStore(this.#client);
  }

  /** Starts the lane's proxy and connects to it. */
  static async start(lab: Lab, name: string): Promise<Lane> {
    await using undo = new AsyncDisposableStack();
    const proxy = undo.use(await startFaultProxy(lab));
    const client = undo.use(new KubeClient(await loadKubeconfig(lab.admin.kubeconfigPath)));
    const target = await loadKubeconfig(await proxy.kubeconfig(lab.admin));
    const through = undo.use(new KubeClient(target, { retry: RETRY }));
    return new Lane({ name, proxy, client, through, stack: undo.move() });
  }

  /** A process whose requests pass through the proxy. It never waits between its tries. */
  process(changes: Partial<PluginProcess> = {}): PluginProcess {
    return {
      objects: createObjectStore(this.#through),
      clock: () => this.now,
      isDead: () => false,
      // Without a choice of their own, cases always ask for the same addresses.
      hints: { take: (_pool, choose) => choose(undefined), remember: () => {}, freed: () => [], noteFreed: () => {} },
      nodeOffset: 0,
      random: () => 0,
      delay: () => Promise.resolve(),
      ...changes,
    };
  }

  /** A process that nothing disturbs. */
  directProcess(): PluginProcess {
    return this.process({ objects: this.direct });
  }

  /** A process that can be killed: its requests lose their caller, and what it waits for never comes. */
  mortalProcess(): { process: PluginProcess; kill: () => void } {
    const death = new AbortController();
    const unlessDead = async <T>(work: Promise<T>): Promise<T> => {
      const [end] = await Promise.allSettled([work]);
      if (death.signal.aborted) await new Promise<never>(() => {});
      if (end.status === "rejected") throw end.reason;
      return end.value;
    };
    const either = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, death.signal]);
    const store = createObjectStore(this.#through);
    const objects: ObjectStore = {
      create: (ref, spec, signal) => unlessDead(store.create(ref, spec, either(signal))),
      find: (ref, signal) => unlessDead(store.find(ref, either(signal))),
      remove: (ref, { signal, ...options }) => unlessDead(store.remove(ref, { ...options, signal: either(signal) })),
      listAddresses: (space, signal) => unlessDead(store.listAddresses(space, either(signal))),
      listOwned: (sandbox, signal) => unlessDead(store.listOwned(sandbox, either(signal))),
    };
    return { process: this.process({ objects, isDead: () => death.signal.aborted }), kill: () => death.abort() };
  }

  /** What the API server holds of a space. */
  async held(space: string): Promise<HeldAddress[]> {
    const items = await this.#client.list("/apis/danm.io/v1/danmips", { fieldSelector: `spec.space=${space}` });
    return items.map((item) => {
      const { metadata, spec } = parse(DanmIp, item, "DanmIp");
      return { name: metadata.name, uid: metadata.uid ?? "", containerID: spec.containerID };
    });
  }

  /** Lets the proxy do nothing but these to the requests that follow. @returns the number of the last that it saw */
  async plan(faults: readonly PlannedFault[]): Promise<number> {
    await this.proxy.faults.clear();
    for (const { at, kind } of faults) await this.proxy.faults.once(kind.fault, { nth: at });
    this.#seen += (await this.proxy.requests(this.#seen)).length;
    return this.#seen;
  }

  /** Another name, for a space or a sandbox. */
  nextName(): string {
    return `${this.name}-${++this.#count}`;
  }

  /**
   * Does work whose time is over as soon as a request gets no answer, so that nobody has to wait for a deadline.
   *
   * @param options.after requests up to that number are of the past
   */
  async untilSilence<T>(
    work: (signal: AbortSignal) => Promise<T>,
    { faults, after }: { faults: readonly PlannedFault[]; after: number },
  ): Promise<T> {
    const deadline = new AbortController();
    if (!faults.some(({ kind }) => isSilent(kind.fault))) return await work(deadline.signal);
    const over = new AbortController();
    const watch = this.waitForSilence(after, over.signal).then((silent) => {
      if (silent) deadline.abort(new Error("the time of the call is over"));
    });
    try {
      return await work(deadline.signal);
    } finally {
      over.abort();
      await watch;
    }
  }

  /**
   * Waits for a request that gets no answer, one that was not waited for before.
   *
   * @param after requests up to that number are of the past
   * @returns false when the signal came first
   */
  async waitForSilence(after: number, signal: AbortSignal): Promise<boolean> {
    const probe = async (): Promise<SeenRequest | undefined> =>
      (await this.proxy.requests(Math.max(after, this.#silent))).find(({ fault }) =>
        fault === "hang" || fault === "hold"
      );
    try {
      this.#silent = (await waitFor("a request without answer", probe, { intervalMs: 3, signal })).number;
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  /** Lets requests go on that are held. */
  async land(after: number): Promise<void> {
    for (const request of await this.proxy.requests(after)) {
      if (request.fault === "hold" && request.upstreamStatus === undefined) await this.proxy.release(request);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts[Symbol.asyncDispose]();
  }
}
