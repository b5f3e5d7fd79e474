import { assert, assertEquals } from "@std/assert";
import { CniError, ErrorCode } from "../shared/errors.ts";
import { ApiError } from "../shared/kube/api_error.ts";
import { formatAddress } from "../shared/schema/address.ts";
import { SimulatedApi, type SimulatedProcess } from "../tests/support/ipam/simulated_api.ts";
import { seededRandom } from "../tests/support/seeded_random.ts";
import { allocateAddress } from "./address_allocator.ts";
import type { AllocatorDeps, Hints } from "./allocator_deps.ts";
import { type ClaimDeps, release } from "./claim.ts";
import { isInDoubt, Ledger, type OwnedObject } from "./ledger.ts";
import { findSubnet, type Subnet } from "./subnet.ts";

const SIGNAL = new AbortController().signal;

/** A sandbox, what its node has on disk of it, and what it believes. */
interface Sandbox {
  readonly containerID: string;
  readonly podUID: string;
  readonly node: string;
  readonly static: bigint | undefined;
  /** The record's objects: survive the death of every process. */
  disk: readonly OwnedObject[];
  /** The address that ADD has answered and no DEL has begun to release. */
  held: bigint | undefined;
  done: boolean;
}

/** One run: a small pool, some nodes, some sandboxes that come and go, all decided by the seed. */
class Run {
  readonly #random: () => number;
  readonly #api: SimulatedApi;
  readonly #subnet: Subnet;
  readonly #sandboxes: Sandbox[] = [];
  readonly #hints = new Map<string, bigint>();
  #errors: unknown[] = [];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#api = new SimulatedApi(this.#random, this.#random() * 0.6);
    const Options = { cidr: this.#random() < 0.5 ? "10.0.0.0/29" : "10.0.0.0/30" };
    const subnet = findSubnet({ spec: { Options } }, { family: 4, subject: "n" });
    assert(subnet);
    this.#subnet = subnet;
  }

  async play(): Promise<void> {
    const count = 2 + Math.floor(this.#random() * 5);
    for (let index = 0; index < count; index++) void this.#live(index).catch((error) => this.#errors.push(error));
    while (this.#sandboxes.some(({ done }) => !done)) {
      const more = await this.#api.step();
      this.#check();
      assert(more, "nothing can happen any more, and sandboxes are not done");
    }
    await this.#settle();
    assertEquals(this.#api.server.objects.map(({ ref }) => ref.name), [], "addresses are left");
  }

  /** Every address that somebody believes to hold is locked for him, and for nobody else. */
  #check(): void {
    if (this.#errors.length > 0) throw this.#errors[0];
    const holders = new Map<bigint, string>();
    for (const { held, containerID } of this.#sandboxes) {
      if (held === undefined) continue;
      const text = formatAddress({ family: 4, value: held });
      assertEquals(holders.get(held), undefined, `${text} is held twice`);
      holders.set(held, containerID);
      const locked = this.#api.server.objects.find(({ ref }) => ref.name === `${text}.cn.n`);
      assertEquals(locked?.stored.containerID, containerID, `${text} is not locked for its holder`);
    }
  }

  /** A Pod: sandboxes one after the other, each attached, perhaps killed, detached. */
  async #live(index: number): Promise<void> {
    const wantsStatic = this.#random() < 0.3;
    const value = wantsStatic ? this.#subnet.first + BigInt(Math.floor(this.#random() * 2)) : undefined;
    const node = `node-${index % 2}`;
    const generations = 1 + Math.floor(this.#random() * 3);
    const all = Array.from({ length: generations }, (_, generation): Sandbox => ({
      containerID: `c${index}-${generation}`,
      podUID: `pod-${index}`,
      node,
      static: value,
      disk: [],
      held: undefined,
      done: false,
    }));
    this.#sandboxes.push(...all);
    for (const sandbox of all) await this.#liveOnce(sandbox);
  }

  async #liveOnce(sandbox: Sandbox): Promise<void> {
    const tries = 1 + Math.floor(this.#random() * 2);
    for (let attempt = 0; attempt < tries && sandbox.held === undefined; attempt++) {
      await this.#mortal((process) => this.#add(sandbox, process));
    }
    await this.#api.wait({ dead: false }, this.#random() * 30);
    sandbox.held = undefined;
    // A runtime repeats DEL until it succeeds, and sometimes once more.
    for (let again = this.#random() < 0.2 ? 2 : 1; again > 0;) {
      const ended = await this.#mortal((process) => this.#detach(sandbox, process));
      if (ended === true) again--;
      else await this.#api.wait({ dead: false }, 1);
    }
    sandbox.done = true;
  }

  /** Runs a process that may be killed at any step; undefined when it was. */
  async #mortal<T>(work: (process: SimulatedProcess) => Promise<T>): Promise<T | undefined> {
    const process: SimulatedProcess = { dead: false };
    const killed = this.#random() < 0.25
      ? this.#api.wait({ dead: false }, this.#random() * 4).then(() => {
        process.dead = true;
        return undefined;
      })
      : new Promise<undefined>(() => {});
    return await Promise.race([work(process), killed]);
  }

  async #add(sandbox: Sandbox, process: SimulatedProcess): Promise<void> {
    if (!await this.#detach(sandbox, process)) return;
    const ledger: Ledger = new Ledger(sandbox.disk, {
      save: () => {
        if (!process.dead) sandbox.disk = [...ledger.objects];
      },
      clock: () => this.#api.now,
    });
    const deps: AllocatorDeps = {
      ...this.#claimDeps(sandbox, { process, ledger }),
      hints: this.#hintsOf(sandbox.node),
      nodeOffset: 0.3,
      random: this.#random,
    };
    try {
      const value = await allocateAddress(
        { subnet: this.#subnet, holder: holderOf(sandbox), static: sandbox.static, subject: "ClusterNetwork n" },
        { deps, signal: SIGNAL },
      );
      if (process.dead) return;
      sandbox.disk = [...ledger.objects];
      sandbox.held = value;
    } catch (error) {
      if (!isExpected(error)) throw error;
      sandbox.disk = [...ledger.objects];
      await this.#detach(sandbox, process);
    }
  }

  /** What the plugin's detach does with a record's objects; true when nothing failed. */
  async #detach(sandbox: Sandbox, process: SimulatedProcess): Promise<boolean> {
    const ledger = new Ledger(sandbox.disk, { save: () => {}, clock: () => this.#api.now });
    const deps = this.#claimDeps(sandbox, { process, ledger });
    const ends = await Promise.allSettled(ledger.objects.map((object) => release(object, { deps, signal: SIGNAL })));
    for (const end of ends) if (end.status === "rejected" && !isExpected(end.reason)) throw end.reason;
    const failed = ends.some(({ status }) => status === "rejected");
    // Where something failed the record stays as it is; otherwise what may still come keeps it.
    if (!process.dead) {
      sandbox.disk = ledger.objects.filter((object) => failed || isInDoubt(object, this.#api.now));
    }
    return !failed;
  }

  /** Time goes by, the network is good again, and commands of the node look after what is in doubt. */
  async #settle(): Promise<void> {
    this.#api.faults = 0;
    for (let round = 0; round < 2; round++) {
      while (this.#api.busy) await this.#api.step();
      this.#api.now += 121;
      const swept = Promise.all(this.#sandboxes.map((sandbox) => this.#detach(sandbox, { dead: false })));
      while (this.#api.busy) await this.#api.step();
      await swept;
    }
    if (this.#errors.length > 0) throw this.#errors[0];
  }

  #claimDeps(sandbox: Sandbox, at: { process: SimulatedProcess; ledger: Ledger }): ClaimDeps {
    return {
      objects: this.#api.storeOf(at.process),
      ledger: at.ledger,
      containerID: sandbox.containerID,
      delay: (ms) => this.#api.wait(at.process, ms / 1000),
    };
  }

  #hintsOf(node: string): Hints {
    return {
      take: (pool, choose) => {
        const next = choose(this.#hints.get(node + pool));
        if (next !== undefined) this.#hints.set(node + pool, next);
        return next;
      },
      remember: (pool, value) => void this.#hints.set(node + pool, value),
    };
  }
}

function holderOf(sandbox: Sandbox): Parameters<typeof allocateAddress>[0]["holder"] {
  const { containerID, podUID, node } = sandbox;
  return {
    space: "cn.n",
    networkKind: "ClusterNetwork",
    networkNamespace: "",
    networkName: "n",
    podNamespace: "default",
    podName: podUID,
    podUID,
    containerID,
    interface: "eth0",
    node,
  };
}

function isExpected(error: unknown): boolean {
  const codes: number[] = [ErrorCode.PoolExhausted, ErrorCode.AddressInUse, ErrorCode.TryAgain];
  return error instanceof ApiError || error instanceof CniError && codes.includes(error.code);
}

const RUNS = 3000;

Deno.test(`${RUNS} runs of owners, crashes and lost, late and doubled writes: never two holders, nothing left`, async () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    try {
      await new Run(seed).play();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
