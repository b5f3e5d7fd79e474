import { assert, assertEquals } from "@std/assert";
import type { AddressRequest } from "../../../ipam/address_request.ts";
import { DOUBT_SECONDS } from "../../../ipam/ledger.ts";
import { noteFreed } from "../../../ipam/note_freed.ts";
import { CniError, ErrorCode } from "../../../shared/errors.ts";
import { seededRandom } from "../seeded_random.ts";
import { memoryHints } from "./memory_hints.ts";
import { type PluginProcess, RecordedSandbox } from "./recorded_sandbox.ts";
import { SimulatedApi } from "./simulated_api.ts";
import { type SimulatedNetworks, type SimulatedPool, simulateNetworks } from "./simulated_networks.ts";
import { requestOf, SimulatedPod, type SimulatedSandbox, type Want, type World } from "./simulated_pod.ts";
import { Watch } from "./simulation_watch.ts";

/** One run: networks, nodes, and Pods that come and go, all decided by the seed. */
export class SimulatedRun implements World {
  readonly random: () => number;
  readonly lifetime: number;
  readonly #api: SimulatedApi;
  readonly #networks: SimulatedNetworks;
  readonly #sandboxes: SimulatedSandbox[] = [];
  readonly #watch: Watch;
  readonly #hints = new Map<string, readonly bigint[]>();
  readonly #errors: unknown[] = [];

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.#networks = simulateNetworks(this.random);
    // Short lives, so that addresses are released and taken while others look for one.
    this.lifetime = this.random() < 0.4 ? 2 : 30;
    // In every fifth run nothing goes wrong but that processes die.
    const faults = this.random() < 0.2 ? 0 : this.random() * 0.6;
    this.#api = new SimulatedApi(this.random, { faults, presets: this.#networks.presets });
    const pools = new Map(this.#networks.networks.flat().map(({ subject, open }) => [subject, open]));
    const openOf = (subject: string): readonly string[] | undefined => pools.get(subject);
    this.#watch = new Watch(this.#api.server, { sandboxes: this.#sandboxes, openOf });
  }

  /**
   * Lets all Pods live and die. At every instant each address is held by whom it was given to, and by nobody else, and
   * whatever is held stands in its holder's record; in the end nothing is left, and who asks gets what is free.
   *
   * @throws {AssertionError} when it is not so
   */
  async play(): Promise<void> {
    let living = 2 + Math.floor(this.random() * (this.lifetime < 10 ? 12 : 5));
    for (let index = living; index > 0; index--) {
      const of = { name: `pod-${index}`, node: `node-${index % 2}`, wants: this.#wants(), sandboxes: this.#sandboxes };
      void new SimulatedPod(this, of).live().catch((error) => this.#errors.push(error)).finally(() => living--);
    }
    while (living > 0) {
      const more = await this.#step();
      assert(more || living === 0, "nothing can happen any more, and Pods are not done");
    }
    await this.#settle();
    assertEquals(this.#api.server.objects.map(({ ref }) => ref.name), [], "addresses are left");
    for (const pool of this.#networks.networks.flat()) await this.#askOnce(pool);
  }

  wait(seconds: number): Promise<void> {
    return this.#api.wait({ dead: false }, seconds);
  }

  async mortal<T>(node: string, work: (process: PluginProcess) => Promise<T>): Promise<T | undefined> {
    const process = { dead: false };
    const killed = this.random() < 0.25
      ? this.wait(this.random() * 4).then(() => {
        process.dead = true;
        return undefined;
      })
      : new Promise<undefined>(() => {});
    return await Promise.race([work(this.#processOf(node, process)), killed]);
  }

  async watch(wanted: readonly AddressRequest[], work: () => Promise<readonly bigint[]>): Promise<readonly bigint[]> {
    return await this.#watch.during(wanted, work);
  }

  async #step(): Promise<boolean> {
    const more = await this.#api.step();
    if (this.#errors.length > 0) throw this.#errors[0];
    this.#watch.check();
    return more;
  }

  /** One or two interfaces, each with one family or both. */
  #wants(): Want[] {
    const interfaces = this.random() < 0.25 ? ["eth0", "eth1"] : ["eth0"];
    return interfaces.flatMap((name) => {
      const network = this.#networks.networks[Math.floor(this.random() * this.#networks.networks.length)] ?? [];
      const pools = network.length > 1 && this.random() < 0.3 ? network.slice(0, 1) : network;
      return pools.map((pool) => ({
        pool,
        interface: name,
        static: this.random() < 0.3 ? this.#choose(pool) : undefined,
      }));
    });
  }

  /** One of few, so that Pods want the same. */
  #choose({ subnet: { first, last } }: SimulatedPool): bigint {
    const value = first + BigInt(Math.floor(this.random() * 2));
    return value > last ? first : value;
  }

  /** The network is good again, late writes come, time goes by, and what is in doubt is looked at again. */
  async #settle(): Promise<void> {
    this.#api.faults = 0;
    while (this.#api.busy) await this.#step();
    this.#api.now += DOUBT_SECONDS + 1;
    const sandboxes = this.#sandboxes.filter(({ objects }) => objects.length > 0);
    const errors = await this.#finish(Promise.all(sandboxes.map((sandbox) => this.#release(sandbox))));
    assertEquals(errors.flat(), []);
    assertEquals(this.#sandboxes.flatMap(({ objects }) => objects), [], "records are never empty");
  }

  /** Nobody else is there: whoever asks for any address gets one, unless others held all of them before. */
  async #askOnce(pool: SimulatedPool): Promise<void> {
    const sandbox = new RecordedSandbox("last");
    const process = this.#processOf("node-0", { dead: false });
    const wanted = [
      requestOf({ pool, interface: "eth0", static: undefined }, {
        containerID: "last",
        podUID: "last",
        node: "node-0",
      }),
    ];
    const allocation = sandbox.allocate(wanted, { process, signal: new AbortController().signal });
    const [end] = await this.#finish(Promise.allSettled([allocation]));
    if (end.status === "fulfilled") assertEquals(await this.#finish(this.#release(sandbox)), []);
    else {
      const [error] = end.reason instanceof AggregateError ? end.reason.errors : [end.reason];
      assert(error instanceof CniError && error.code === ErrorCode.PoolExhausted, Deno.inspect(error));
      assertEquals(pool.open, [], "there is room, and who asks does not get it");
    }
  }

  #release(sandbox: RecordedSandbox): Promise<unknown[]> {
    return sandbox.release({
      process: this.#processOf("node-0", { dead: false }),
      signal: new AbortController().signal,
    });
  }

  async #finish<T>(work: Promise<T>): Promise<T> {
    let done = false;
    void work.finally(() => done = true).catch(() => {});
    while (!done) assert(await this.#step() || done, "nothing can happen any more, and work is not done");
    return await work;
  }

  #processOf(node: string, process: { dead: boolean }): PluginProcess {
    const hints = memoryHints(this.#hints, { prefix: `${node} ` });
    return {
      objects: noteFreed(this.#api.storeOf(process), hints),
      clock: () => this.#api.now,
      isDead: () => process.dead,
      hints,
      nodeOffset: 0.3,
      random: this.random,
      delay: (ms) => this.#api.wait(process, ms / 1000),
    };
  }
}
