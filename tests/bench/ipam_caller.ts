import { allocateAddress } from "../../ipam/address_allocator.ts";
import { AllocationRecord } from "../../ipam/allocation_record.ts";
import { createNodeDeps } from "../../ipam/create_node_deps.ts";
import { holderOf, nodeOffset } from "../../ipam/holder.ts";
import { Ledger } from "../../ipam/ledger.ts";
import type { ObjectStore } from "../../ipam/object_store.ts";
import { claimDepsOf, type NodeDeps } from "../../ipam/record_keeper.ts";
import { markDetaching, releaseRecord } from "../../ipam/release_record.ts";
import { CniError, ErrorCode } from "../../shared/errors.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import { createLogger } from "../../shared/log.ts";
import { describeNetwork } from "../../shared/schema/describe_network.ts";
import type { PoolStatus } from "../../shared/schema/network.ts";
import { type BenchNetwork, connect } from "./ipam_cluster.ts";

/** Time for one allocation or release, in milliseconds. */
const TIMEOUT_MS = 120_000;

/** What one allocation came to. */
export interface Taken {
  readonly record: AllocationRecord;
  /** Undefined = the pool is exhausted. */
  readonly value: bigint | undefined;
  readonly ms: number;
  /** Of the allocation; a list counts as one. */
  readonly requests: number;
}

/** Where a caller's records and hints are, and who it is. */
export interface CallerOptions {
  readonly kubeconfig: string;
  /** Name of the node that the credentials belong to. */
  readonly node: string;
  readonly dir: string;
}

/**
 * A process that takes addresses as `danm-ipam` does (record, ledger, hints, one connection), but for many owners: each
 * allocation has a container id and a Pod of its own.
 */
export class Caller implements Disposable {
  readonly client: KubeClient;
  /** Requests on the wire so far, repeated ones included. */
  requests = 0;
  /** Lists, or pages of them, among those. */
  lists = 0;
  readonly #deps: NodeDeps<AllocationRecord>;
  readonly #node: string;
  #owners = 0;

  private constructor(client: KubeClient, { node, dir }: CallerOptions) {
    this.client = client;
    this.#node = node;
    this.#deps = createNodeDeps({
      stateDir: `${dir}/records`,
      hintsDir: `${dir}/hints`,
      schema: AllocationRecord,
      connect: () => Promise.resolve(client),
      log: createLogger(() => {}),
    });
  }

  /** Opens one; its first request connects. */
  static async open(options: CallerOptions): Promise<Caller> {
    const client = await connect(options.kubeconfig, ({ method, path }) => {
      caller.requests++;
      if (method === "GET" && path.includes("limit=")) caller.lists++;
    });
    const caller: Caller = new Caller(client, options);
    return caller;
  }

  /** Takes one address for a new owner. @throws {ApiError} */
  async allocate(
    { network, planned }: BenchNetwork,
    options: { status?: PoolStatus | undefined } = {},
  ): Promise<Taken> {
    const deps = this.#deps;
    const began = performance.now();
    const record = this.#newRecord();
    const snapshot = (): AllocationRecord => ({ ...record, objects: [...ledger.objects] });
    const ledger: Ledger = new Ledger([], { save: () => deps.records.write(snapshot()), clock: deps.clock });
    const counted = countRequests(deps.objects);
    const claims = claimDepsOf({ ...deps, objects: counted.objects }, { ledger, containerID: record.containerID });
    const allocator = { ...claims, hints: deps.hints, random: deps.random, nodeOffset: nodeOffset(this.#node) };
    const holder = holderOf(record, { network, interface: record.ifname, plugin: "danm-ipam" });
    const subject = describeNetwork(network.kind, record.pod.namespace, network.metadata.name);
    const request = { ...planned, status: options.status, holder, subject };
    deps.records.write(record);
    const value = await unlessExhausted(
      allocateAddress(request, { deps: allocator, signal: AbortSignal.timeout(TIMEOUT_MS) }),
    );
    const attached: AllocationRecord = { ...snapshot(), state: "attached" };
    deps.records.write(attached, "attaching");
    return { record: attached, value, ms: performance.now() - began, requests: counted.count() };
  }

  /** Gives back what an allocation took. @returns milliseconds @throws {AggregateError} */
  async release({ record }: Taken): Promise<number> {
    const deps = this.#deps;
    const began = performance.now();
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    await releaseRecord(markDetaching(record, deps), { deps, signal, doubtful: (left) => left });
    return performance.now() - began;
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }

  #newRecord(): AllocationRecord {
    const name = `bench-${++this.#owners}`;
    return {
      version: 1,
      state: "attaching",
      startedAt: this.#deps.clock(),
      networkName: "bench",
      containerID: crypto.randomUUID().replaceAll("-", "").repeat(2),
      ifname: "eth0",
      node: this.#node,
      pod: { namespace: "default", name, uid: crypto.randomUUID() },
      objects: [],
    };
  }
}

function countRequests(objects: ObjectStore): { objects: ObjectStore; count: () => number } {
  let count = 0;
  const counted: ObjectStore = {
    ...objects,
    create: (...args) => (count++, objects.create(...args)),
    find: (...args) => (count++, objects.find(...args)),
    listAddresses: (...args) => (count++, objects.listAddresses(...args)),
  };
  return { objects: counted, count: () => count };
}

async function unlessExhausted(allocation: Promise<bigint>): Promise<bigint | undefined> {
  try {
    return await allocation;
  } catch (error) {
    if (error instanceof CniError && error.code === ErrorCode.PoolExhausted) return undefined;
    throw error;
  }
}
