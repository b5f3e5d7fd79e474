import type { AddressRequest } from "../../../ipam/address_request.ts";
import { danmIpName } from "../../../shared/schema/danm_ip.ts";
import { isExpected, type PluginProcess, RecordedSandbox } from "./recorded_sandbox.ts";
import type { SimulatedPool } from "./simulated_networks.ts";

const SIGNAL = new AbortController().signal;

/** An address that a Pod wants: a certain one, or any. */
export interface Want {
  readonly pool: SimulatedPool;
  readonly interface: string;
  readonly static: bigint | undefined;
}

/** What a Pod's life takes place in. */
export interface World {
  random(this: void): number;
  /** Longest time that a Pod lives, in seconds. */
  readonly lifetime: number;
  /** Waits on the simulated clock, in seconds. */
  wait(seconds: number): Promise<void>;
  /** Runs a process of a node that may be killed at any step; undefined when it was. */
  mortal<T>(node: string, work: (process: PluginProcess) => Promise<T>): Promise<T | undefined>;
  /** Lets an allocation go on under the eyes of the model. */
  watch(wanted: readonly AddressRequest[], work: () => Promise<readonly bigint[]>): Promise<readonly bigint[]>;
}

/** A sandbox of a Pod, and what it believes. */
export class SimulatedSandbox extends RecordedSandbox {
  /** Names of the DanmIps that ADD has answered, and their interfaces; none when no ADD has, or a DEL has begun. */
  held: readonly { name: string; interface: string }[] = [];
  #last: Promise<unknown> = Promise.resolve();

  /** One process after the other, as the sandbox's lock has it. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** A Pod: sandboxes one after the other, each attached, perhaps killed, detached; the DEL of one may come late. */
export class SimulatedPod {
  readonly #world: World;
  readonly #name: string;
  readonly #node: string;
  readonly #wants: readonly Want[];
  readonly #sandboxes: SimulatedSandbox[];

  constructor(world: World, of: { name: string; node: string; wants: readonly Want[]; sandboxes: SimulatedSandbox[] }) {
    this.#world = world;
    this.#name = of.name;
    this.#node = of.node;
    this.#wants = of.wants;
    this.#sandboxes = of.sandboxes;
  }

  /** Lives to its end. */
  async live(): Promise<void> {
    const { random } = this.#world;
    const wait = (seconds: number): Promise<void> => this.#world.wait(seconds);
    const ends: Promise<void>[] = [];
    const generations = 1 + Math.floor(random() * 4);
    for (let generation = 0; generation < generations; generation++) {
      const sandbox = new SimulatedSandbox(`${this.#name}-${generation}`);
      this.#sandboxes.push(sandbox);
      await this.#attach(sandbox);
      await wait(random() * this.#world.lifetime);
      sandbox.held = [];
      const end = random() < 0.5
        ? this.#detach(sandbox)
        : wait(random() * 2 * this.#world.lifetime).then(() => this.#detach(sandbox));
      if (random() < 0.6) await end;
      else ends.push(end);
      // As an ADD does with older sandboxes of its Pod, unless their records are lost.
      if (random() < 0.5) await this.#release(sandbox);
    }
    await Promise.all(ends);
  }

  async #attach(sandbox: SimulatedSandbox): Promise<void> {
    const { random } = this.#world;
    for (let tries = 1 + Math.floor(random() * 2); tries > 0 && sandbox.held.length === 0; tries--) {
      await sandbox.exclusively(() => this.#world.mortal(this.#node, (process) => this.#add(sandbox, process)));
    }
  }

  async #add(sandbox: SimulatedSandbox, process: PluginProcess): Promise<void> {
    const deps = { process, signal: SIGNAL };
    if (checked(await sandbox.release(deps)).length > 0) return;
    const holder = { containerID: sandbox.containerID, podUID: this.#name, node: this.#node };
    const wanted = this.#wants.map((want) => requestOf(want, holder));
    try {
      const values = await this.#world.watch(wanted, () => sandbox.allocate(wanted, deps));
      if (process.isDead()) return;
      sandbox.held = wanted.map(({ subnet: { family }, holder }, index) => ({
        name: danmIpName({ family, value: values[index] ?? 0n }, holder.space),
        interface: holder.interface,
      }));
    } catch (error) {
      if (!(error instanceof AggregateError)) throw error;
      checked(error.errors);
      checked(await sandbox.release(deps));
    }
  }

  /** A runtime repeats DEL until it succeeds, and sometimes once more, much later. */
  async #detach(sandbox: SimulatedSandbox): Promise<void> {
    const { random } = this.#world;
    while (!await this.#release(sandbox)) await this.#world.wait(1);
    if (random() < 0.3) {
      await this.#world.wait(random() * 100);
      await this.#release(sandbox);
    }
  }

  async #release(sandbox: SimulatedSandbox): Promise<boolean> {
    const errors = await sandbox.exclusively(() =>
      this.#world.mortal(this.#node, async (process) => checked(await sandbox.release({ process, signal: SIGNAL })))
    );
    return errors?.length === 0;
  }
}

/** What a sandbox of a Pod asks for to get what it wants. */
export function requestOf(want: Want, holder: { containerID: string; podUID: string; node: string }): AddressRequest {
  const { pool: { space, networkName, subject, subnet, status } } = want;
  return {
    subnet,
    subject,
    status,
    static: want.static,
    holder: {
      ...holder,
      space,
      networkKind: "ClusterNetwork",
      networkNamespace: "",
      networkName,
      podNamespace: "default",
      podName: holder.podUID,
      interface: want.interface,
    },
  };
}

function checked(errors: readonly unknown[]): readonly unknown[] {
  for (const error of errors) if (!isExpected(error)) throw error;
  return errors;
}
