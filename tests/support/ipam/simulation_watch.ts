import { assert, assertEquals } from "@std/assert";
import type { AddressRequest } from "../../../ipam/address_request.ts";
import { PROBING } from "../../../ipam/allocate_probes.ts";
import { describeAddress } from "../../../ipam/allocation_errors.ts";
import { isDynamic, isInBitmap, poolSize } from "../../../ipam/subnet.ts";
import { danmIpName } from "../../../shared/schema/danm_ip.ts";
import { CniError, ErrorCode } from "../../../shared/errors.ts";
import type { MemoryObjectStore } from "./memory_object_store.ts";
import type { SimulatedSandbox } from "./simulated_pod.ts";

/** What somebody asks for, and whether he could be refused it at some instant since he does. */
interface Asked {
  readonly request: AddressRequest;
  /** Names of the DanmIps that he may be given; undefined = some are always free. */
  readonly open: readonly string[] | undefined;
  /** Those of them that were held at some instant since, where each is tried by name. */
  readonly heldOnce: Set<string> | undefined;
  refusable: boolean;
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
   * @throws {AssertionError} when it says that a pool is exhausted that never was, meanwhile (a tiny one: of which
   *   an address never was held), or that an address is in
   *   use that nobody had; or when it gives what nobody wants
   */
  async during(wanted: readonly AddressRequest[], work: () => Promise<readonly bigint[]>): Promise<readonly bigint[]> {
    const asked = wanted.map((request): Asked => {
      const { subnet, static: value } = request;
      const isTriedByName = value === undefined && poolSize(subnet) <= PROBING.tryAllUpTo;
      return {
        request,
        open: this.#openTo(request),
        heldOnce: isTriedByName ? new Set() : undefined,
        refusable: value !== undefined && isInBitmap(subnet, value),
      };
    });
    for (const one of asked) {
      this.#asked.add(one);
      this.#look(one);
    }
    try {
      const values = await work();
      for (const [index, request] of wanted.entries()) checkGiven(request, values[index] ?? -1n);
      return values;
    } catch (error) {
      const errors = error instanceof AggregateError ? error.errors : [error];
      for (const one of errors) if (one instanceof CniError) checkRefused(asked, one);
      throw error;
    } finally {
      for (const one of asked) this.#asked.delete(one);
    }
  }

  #openTo(
    { subject, subnet: { family }, static: value, holder: { space } }: AddressRequest,
  ): readonly string[] | undefined {
    return value === undefined ? this.#openOf(subject) : [danmIpName({ family, value }, space)];
  }

  #look(asked: Asked): void {
    const { open, heldOnce } = asked;
    if (!open) return;
    const held = open.filter((name) => this.#server.isHeld(name) && !this.#isPast(name, asked));
    for (const name of held) heldOnce?.add(name);
    asked.refusable ||= (heldOnce?.size ?? held.length) === open.length;
  }

  /** Whether a static address is held by the same interface of the same Pod, which gives it up. */
  #isPast(name: string, { request: { static: value, holder } }: Asked): boolean {
    if (value === undefined) return false;
    const stored = this.#server.objects.find(({ ref }) => ref.name === name)?.stored;
    return stored?.podUID === holder.podUID && stored.interface === holder.interface;
  }
}

function checkGiven({ subnet, static: wanted }: AddressRequest, value: bigint): void {
  const right = wanted === undefined ? isDynamic(subnet, value) : value === wanted && !isInBitmap(subnet, value);
  assert(right, `${value} is not what was asked for`);
}

function checkRefused(asked: readonly Asked[], { code, message }: CniError): void {
  if (code !== ErrorCode.PoolExhausted && code !== ErrorCode.AddressInUse) return;
  const refused = asked.filter(({ request }) =>
    request.static === undefined
      ? code === ErrorCode.PoolExhausted && message.includes(request.subject)
      : code === ErrorCode.AddressInUse && message.startsWith(describeAddress(request, request.static))
  );
  assert(refused.some(({ refusable }) => refusable), `one was free all the time: ${message}`);
}
