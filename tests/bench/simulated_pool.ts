import { CANDIDATES_FROM, MAX_FREE_CANDIDATES } from "../../ipam/allocate_free_candidates.ts";
import { shuffled } from "../../ipam/allocate_candidates.ts";
import type { CreateOutcome } from "../../ipam/object_store.ts";
import type { ObjectRef } from "../../ipam/ledger.ts";
import { poolSize, type Subnet } from "../../ipam/subnet.ts";
import { formatAddress, parseAddress } from "../../shared/schema/address.ts";
import { danmIpName, type DanmIpSpec } from "../../shared/schema/danm_ip.ts";
import type { PoolStatus } from "../../shared/schema/network.ts";
import { MemoryObjectStore } from "../support/ipam/memory_object_store.ts";

/** The address space of simulated pools. */
export const SPACE = "cn.simulated";

/** Pools larger than this are not filled: a hash of the address says whether it was held from the beginning. */
const LARGEST_FILLED = 1 << 16;

/** A pool of which some addresses are held from the beginning, at random places. */
export class SimulatedPool extends MemoryObjectStore {
  readonly subnet: Subnet;
  readonly #random: () => number;
  /** Of a pool that is filled: every address that is held. */
  readonly #held: bigint[] = [];
  readonly #places = new Map<bigint, number>();
  readonly #share: number;

  constructor(subnet: Subnet, options: { share: number; random: () => number }) {
    super();
    this.subnet = subnet;
    this.#random = options.random;
    this.#share = options.share;
    if (!this.#isFilled) return;
    const all = Array.from({ length: poolSize(subnet) }, (_, at) => subnet.first + BigInt(at));
    for (const value of shuffled(all, this.#random).slice(0, Math.floor(options.share * all.length))) this.#hold(value);
  }

  get #isFilled(): boolean {
    return poolSize(this.subnet) <= LARGEST_FILLED;
  }

  /** Number of addresses held. */
  get allocated(): number {
    return this.#isFilled ? this.#held.length : Math.floor(this.#share * poolSize(this.subnet)) + this.objects.length;
  }

  override async create(ref: ObjectRef, spec: object, signal: AbortSignal): Promise<CreateOutcome> {
    const { value } = parseAddress((spec as DanmIpSpec).address);
    const outcome = this.#isHeld(value) ? { kind: "exists" } as const : await super.create(ref, spec, signal);
    if (outcome.kind === "created" && this.#isFilled) this.#hold(value);
    return outcome;
  }

  override listAddresses(): Promise<string[]> {
    return Promise.resolve(this.#held.map((value) => formatAddress({ family: this.subnet.family, value })));
  }

  /** Somebody gives an address back. */
  async releaseAny(signal: AbortSignal): Promise<void> {
    const value = this.#held[Math.floor(this.#random() * this.#held.length)];
    if (value !== undefined) await this.release(value, signal);
  }

  /** An address is given back. */
  async release(value: bigint, signal: AbortSignal): Promise<void> {
    const place = this.#places.get(value);
    const last = place === undefined ? undefined : this.#held.pop();
    this.#places.delete(value);
    if (place !== undefined && last !== undefined && last !== value) {
      this.#held[place] = last;
      this.#places.set(last, place);
    }
    const ref: ObjectRef = { kind: "DanmIp", name: danmIpName({ family: this.subnet.family, value }, SPACE) };
    const stored = await this.find(ref, signal);
    if (stored) await this.remove(ref, { uid: stored.uid, signal });
  }

  /** What the cleaner would write into the network's status now. */
  status(): PoolStatus {
    const capacity = poolSize(this.subnet);
    const { allocated } = this;
    const free = allocated < CANDIDATES_FROM * capacity ? [] : this.#sampleFree(capacity - allocated);
    const { family } = this.subnet;
    return { capacity, allocated, freeCandidates: free.map((value) => formatAddress({ family, value })) };
  }

  #sampleFree(count: number): bigint[] {
    const { first } = this.subnet;
    const size = poolSize(this.subnet);
    if (count === 0) return [];
    if (size <= 4096) {
      const all = Array.from({ length: size }, (_, at) => first + BigInt(at));
      return shuffled(all.filter((value) => !this.#isHeld(value)), this.#random).slice(0, MAX_FREE_CANDIDATES);
    }
    const free = new Set<bigint>();
    while (free.size < Math.min(count, MAX_FREE_CANDIDATES)) {
      const value = first + BigInt(Math.floor(this.#random() * size));
      if (!this.#isHeld(value)) free.add(value);
    }
    return [...free];
  }

  #hold(value: bigint): void {
    this.#places.set(value, this.#held.length);
    this.#held.push(value);
  }

  #isHeld(value: bigint): boolean {
    return this.#isFilled ? this.#places.has(value) : hashOf(value) < this.#share;
  }
}

/** From 0 up to 1. */
function hashOf(value: bigint): number {
  let mixed = Number(value & 0xffffffffn) ^ 0x9e3779b9;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
}
