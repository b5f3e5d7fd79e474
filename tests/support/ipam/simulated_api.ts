import type { CreateOutcome, ObjectStore } from "../../../ipam/object_store.ts";
import type { ListedObject } from "../../../ipam/stored_object.ts";
import type { ObjectRef } from "../../../ipam/ledger.ts";
import { type ApiError, apiError, type Effect } from "../../../shared/kube/api_error.ts";
import { MemoryObjectStore, type PresetAddresses } from "./memory_object_store.ts";

/** An API server gives up a request after this time, in seconds; what it has not done by then it never does. */
const SERVER_TIMEOUT_SECONDS = 60;

/** Something that can happen next. */
interface Event {
  /** Not before this time of the simulated clock, in seconds. */
  readonly due: number;
  /** Whose step it is; that of a process that died is never taken. Undefined = the network's or the server's. */
  readonly process?: SimulatedProcess | undefined;
  readonly happen: () => void | Promise<void>;
}

/** A process that asks the API server for something. */
export interface SimulatedProcess {
  dead: boolean;
}

/** Turns of the microtask queue after which everything that can go on without an event has gone on. */
const TURNS = 100;

/**
 * An API server behind a bad network, with a clock of its own: in an order that a seed decides, requests are done at
 * once or late, done without an answer, done twice, or not done at all; processes die between any two steps.
 */
export class SimulatedApi {
  readonly server: MemoryObjectStore;
  readonly #events = new Set<Event>();
  readonly #random: () => number;
  readonly #signal = new AbortController().signal;
  /** The share of requests that go wrong. */
  faults: number;
  now = 1000;

  constructor(random: () => number, options: { faults: number; presets?: PresetAddresses }) {
    this.#random = random;
    this.faults = options.faults;
    this.server = new MemoryObjectStore(options.presets);
  }

  /** Whether something goes on that will end. */
  get busy(): boolean {
    return this.#alive().length > 0;
  }

  /** Lets one thing happen, and all that follows from it without another. False when nothing is left to happen. */
  async step(): Promise<boolean> {
    const all = this.#alive();
    if (all.length === 0) {
      await this.#turn();
      if (this.#alive().length === 0) return false;
      return await this.step();
    }
    const ready = all.filter(({ due }) => due <= this.now);
    const event = ready[Math.floor(this.#random() * ready.length)] ??
      all.reduce((first, other) => other.due < first.due ? other : first);
    this.now = Math.max(this.now, event.due) + this.#random() * 0.5;
    this.#events.delete(event);
    await event.happen();
    await this.#turn();
    return true;
  }

  #alive(): Event[] {
    for (const event of this.#events) if (event.process?.dead === true) this.#events.delete(event);
    return [...this.#events];
  }

  async #turn(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await undefined;
  }

  /** Waits on the simulated clock. */
  wait(process: SimulatedProcess, seconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#events.add({ due: this.now + seconds, process, happen: resolve });
    });
  }

  /** The store as one process sees it. */
  storeOf(process: SimulatedProcess): ObjectStore {
    return {
      create: (ref, spec) => this.#create(process, ref, spec),
      find: (ref) => this.#read(process, () => this.server.find(ref, this.#signal)),
      remove: (ref, options) => this.#remove(process, ref, options),
      listAddresses: (space) => this.#read(process, () => this.server.listAddresses(space, this.#signal)),
      listOwned: (sandbox): Promise<ListedObject[]> =>
        this.#read(process, () => this.server.listOwned(sandbox, this.#signal)),
    };
  }

  async #create(process: SimulatedProcess, ref: ObjectRef, spec: object): Promise<CreateOutcome> {
    const apply = (): Promise<CreateOutcome> => this.server.create(ref, spec, this.#signal);
    const unknown: CreateOutcome = { kind: "unknown", error: lost("POST", "unknown") };
    switch (await this.#fate(process)) {
      case "good":
        return await this.#answer(process, await apply());
      case "refused":
        return await this.#answer(process, { kind: "refused", error: lost("POST", "none") });
      case "lost":
        await apply();
        return await this.#answer(process, unknown);
      case "twice":
        await apply();
        this.#later(apply);
        return await this.#answer(process, unknown);
      case "late":
        this.#later(apply);
        return await this.#answer(process, unknown);
      case "never":
        return await this.#answer(process, unknown);
    }
  }

  async #remove(
    process: SimulatedProcess,
    ref: ObjectRef,
    options: Parameters<ObjectStore["remove"]>[1],
  ): Promise<boolean> {
    const apply = (): Promise<boolean> => this.server.remove(ref, { ...options, signal: this.#signal });
    const fate = await this.#fate(process);
    if (fate === "good") {
      const removed = await apply();
      // It may come again, too, and must not hit what has the name by then.
      if (this.#random() < this.faults) this.#later(apply);
      return await this.#answer(process, removed);
    }
    if (fate === "lost") await apply();
    if (fate === "late" || fate === "twice") this.#later(apply);
    await this.#answer(process, undefined);
    throw lost("DELETE", fate === "refused" ? "none" : "unknown");
  }

  async #read<T>(process: SimulatedProcess, read: () => Promise<T>): Promise<T> {
    const fate = await this.#fate(process);
    const result = await read();
    await this.#answer(process, undefined);
    if (fate !== "good") throw lost("GET", "none");
    return result;
  }

  /** The request is on its way; what becomes of it is decided when it arrives. */
  async #fate(process: SimulatedProcess): Promise<"good" | "lost" | "late" | "twice" | "never" | "refused"> {
    if (process.dead) return await new Promise<never>(() => {});
    // The process may die meanwhile, its request arrives all the same.
    await this.#soon(undefined);
    if (process.dead && this.#random() < 0.3) return "never";
    if (this.#random() >= this.faults) return "good";
    return (["lost", "late", "twice", "never", "refused"] as const)[Math.floor(this.#random() * 5)] ?? "lost";
  }

  async #answer<T>(process: SimulatedProcess, value: T): Promise<T> {
    await this.#soon(process);
    return value;
  }

  #soon(process: SimulatedProcess | undefined): Promise<void> {
    return new Promise((resolve) => {
      this.#events.add({ due: this.now, process, happen: resolve });
    });
  }

  #later(apply: () => Promise<unknown>): void {
    this.#events.add({
      due: this.now + this.#random() * SERVER_TIMEOUT_SECONDS,
      happen: async () => void await apply(),
    });
  }
}

/** A find that fails, or an answer that never comes, as the client tells it. */
function lost(verb: "GET" | "POST" | "DELETE", effect: Effect): ApiError {
  return apiError({ verb, path: "/simulated", status: 0, reason: "ConnectionLost", text: "", effect });
}
