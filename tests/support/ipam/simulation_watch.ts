import { assert, assertEquals } from "@std/assert";
import type { AddressRequest } from "../../../ipam/address_request.ts";
import { isDynamic } from "../../../ipam/subnet.ts";
import { CniError, ErrorCode } from "../../../shared/errors.ts";
import type { MemoryObjectStore } from "./memory_object_store.ts";
import type { SimulatedSandbox } from "./simulated_pod.ts";

/** A pool that somebody asks, and whether all of it was held at some instant since he does. */
interface Asked {
  readonly subject: string;
  /** Names of the DanmIps that it may give; undefined = some are always free. */
  readonly open: readonly string[] | undefined;
  wasFull: boolean;
}

/** Looks after every instant of a run whether what the API server has, records say and callers believe agrees. */
export class Watch {
  readonly #server: MemoryObjectStore;
  readonly #sandboxes: readonly SimulatedSandbox[];
  readonly #openOf: (subject: string) => readonly string[] | undefined;
  readonly #asked = new Set<Asked>();

  /** @param options.openOf names of the DanmIps that a pool may give, by its subject */
  constructor(
    server: MemoryObjectStore,
    options: { sandboxes: readonly SimulatedSandbox[]; openOf: (subject: string) => readonly string[] | undefined },
  ) {
    this.#server = server;
    this.#sandboxes = options.sandboxes;
    this.#openOf = options.openOf;
  }

  /** @throws {AssertionError} when an address has two holders, or one who does not know of it, or is not locked */
  check(): void {
    const holders = new Map<string, string>();
    const stored = new Map(this.#server.objects.map(({ ref, stored }) => [ref.name, stored]));
    for (const { held, containerID } of this.#sandboxes) {
      for (const { name, interface: ifname } of held) {
        assertEquals(holders.get(name), undefined, `${name} is held twice`);
        holders.set(name, containerID);
        const { containerID: owner, interface: of } = stored.get(name) ?? {};
        assertEquals([owner, of], [containerID, ifname], `${name} is not locked for its holder`);
      }
    }
    for (const [name, { containerID, interface: ifname }] of stored) {
      const owner = this.#sandboxes.find((sandbox) => sandbox.containerID === containerID);
      const known = owner?.objects.some((object) => object.name === name && object.interface === ifname) ?? true;
      assert(known, `${name} is held for ${containerID}, whose record does not name it`);
    }
    for (const asked of this.#asked) this.#look(asked);
  }

  /**
   * Watches an allocation.
   *
   * @throws {AssertionError} when it says that a pool is exhausted that never was, meanwhile, or gives what nobody wants
   */
  async during(wanted: readonly AddressRequest[], work: () => Promise<readonly bigint[]>): Promise<readonly bigint[]> {
    const asked = wanted.filter((request) => request.static === undefined)
      .map(({ subject }): Asked => ({ subject, open: this.#openOf(subject), wasFull: false }));
    for (const one of asked) {
      this.#asked.add(one);
      this.#look(one);
    }
    try {
      const values = await work();
      for (const [index, { subnet, static: fixed }] of wanted.entries()) {
        const value = values[index] ?? -1n;
        assert(fixed === undefined ? isDynamic(subnet, value) : value === fixed, `${value} is not what was asked for`);
      }
      return values;
    } catch (error) {
      const errors = error instanceof AggregateError ? error.errors : [error];
      for (const one of errors) {
        if (!(one instanceof CniError) || one.code !== ErrorCode.PoolExhausted) continue;
        const of = asked.find(({ subject }) => one.message.includes(subject));
        assert(of?.wasFull, `an address was free all the time: ${one.message}`);
      }
      throw error;
    } finally {
      for (const one of asked) this.#asked.delete(one);
    }
  }

  #look(asked: Asked): void {
    asked.wasFull ||= asked.open?.every((name) => this.#server.isHeld(name)) ?? false;
  }
}
