import { allocateAddress } from "../../ipam/address_allocator.ts";
import { MAX_FREED } from "../../ipam/allocate_freed.ts";
import { PROBING, type ProbingPolicy } from "../../ipam/allocate_probes.ts";
import type { AllocatorDeps, Hints } from "../../ipam/allocator_deps.ts";
import { nodeOffset } from "../../ipam/holder.ts";
import { Ledger } from "../../ipam/ledger.ts";
import { freedPool } from "../../ipam/note_freed.ts";
import type { ObjectStore } from "../../ipam/object_store.ts";
import { CniError, ErrorCode } from "../../shared/errors.ts";
import type { PoolStatus } from "../../shared/schema/network.ts";
import { memoryHints } from "../support/ipam/memory_hints.ts";
import { type SimulatedPool, SPACE } from "./simulated_pool.ts";

const SIGNAL = new AbortController().signal;

/** How nodes look for addresses. */
export interface NodeOptions {
  readonly nodes: number;
  readonly policy?: Partial<ProbingPolicy>;
  /** Whether a node starts behind the last address that it took. Default true. */
  readonly hints?: boolean;
  /** How many addresses that it freed a node remembers; default as the allocator has it. */
  readonly remembered?: number;
  /** Whether a node without hint starts at the pool's first address. Default false: at the node's own place. */
  readonly startAtFirst?: boolean;
}

/** What one allocation asked of the API server, and what came of it. */
export interface Allocation {
  readonly created: number;
  /** The address existed. */
  readonly refused: number;
  readonly listed: number;
  readonly exhausted: boolean;
  /** What was found; undefined when exhausted. */
  readonly value: bigint | undefined;
}

/** Nodes that take addresses from a pool, with the real allocator. */
export class SimulatedNodes {
  readonly pool: SimulatedPool;
  readonly nodes: number;
  readonly #remembered = new Map<string, readonly bigint[]>();
  readonly #random: () => number;
  readonly #options: NodeOptions;
  #callers = 0;

  constructor(pool: SimulatedPool, options: NodeOptions & { random: () => number }) {
    this.pool = pool;
    this.nodes = options.nodes;
    this.#random = options.random;
    this.#options = options;
  }

  /** A sandbox of a node takes an address. */
  async allocate(node: number, status: PoolStatus | undefined): Promise<Allocation> {
    const containerID = `c${this.#callers++}`;
    const counts = { created: 0, refused: 0, listed: 0 };
    const holder = {
      ...{ space: SPACE, networkKind: "ClusterNetwork", networkNamespace: "", networkName: "simulated" } as const,
      ...{ podNamespace: "default", podName: containerID, podUID: containerID, containerID },
      ...{ interface: "eth0", node: `node-${node}` },
    };
    const request = { subnet: this.pool.subnet, holder, subject: "ClusterNetwork simulated", status };
    const deps: AllocatorDeps = {
      objects: this.#counted(counts),
      ledger: new Ledger([], { save: () => {}, clock: () => 0 }),
      containerID,
      delay: () => Promise.resolve(),
      hints: this.#hintsOf(node),
      nodeOffset: this.#options.startAtFirst ? 0 : nodeOffset(`node-${node}`),
      random: this.#random,
      probing: { ...PROBING, ...this.#options.policy },
    };
    try {
      const value = await allocateAddress(request, { deps, signal: SIGNAL });
      return { ...counts, exhausted: false, value };
    } catch (error) {
      const inVain: readonly number[] = [ErrorCode.PoolExhausted, ErrorCode.TryAgain];
      if (!(error instanceof CniError) || !inVain.includes(error.code)) throw error;
      return { ...counts, exhausted: true, value: undefined };
    }
  }

  /** A sandbox of a node gives an address back. */
  async release(node: number, value: bigint): Promise<void> {
    await this.pool.release(value, SIGNAL);
    this.#hintsOf(node).noteFreed(freedPool(SPACE, this.pool.subnet.family), value);
  }

  #counted(counts: { created: number; refused: number; listed: number }): ObjectStore {
    const { pool } = this;
    return {
      create: async (ref, spec, signal) => {
        const outcome = await pool.create(ref, spec, signal);
        counts[outcome.kind === "created" ? "created" : "refused"]++;
        return outcome;
      },
      listAddresses: async () => (counts.listed++, await pool.listAddresses()),
      find: (ref, signal) => pool.find(ref, signal),
      remove: (ref, options) => pool.remove(ref, options),
      listOwned: (sandbox, signal) => pool.listOwned(sandbox, signal),
    };
  }

  #hintsOf(node: number): Hints {
    const hints = memoryHints(this.#remembered, { prefix: `${node} `, max: this.#options.remembered ?? MAX_FREED });
    return this.#options.hints === false ? { ...hints, take: () => undefined } : hints;
  }
}
