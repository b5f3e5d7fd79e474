import { assert, assertEquals } from "@std/assert";
import type { DanmIpSpec } from "../shared/schema/danm_ip.ts";
import { memoryHints } from "../tests/support/ipam/memory_hints.ts";
import { MemoryObjectStore } from "../tests/support/ipam/memory_object_store.ts";
import { allocateAddress } from "./address_allocator.ts";
import { Ledger } from "./ledger.ts";
import type { CreateOutcome } from "./object_store.ts";
import type { ObjectRef } from "./ledger.ts";
import { findSubnet } from "./subnet.ts";

/** A store that keeps back the creation of certain addresses until it is told to go on. */
class SlowStore extends MemoryObjectStore {
  readonly #gates = new Map<string, Promise<void>>();

  hold(address: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gates.set(address, promise);
    return resolve;
  }

  override async create(ref: ObjectRef, spec: object, signal: AbortSignal): Promise<CreateOutcome> {
    await this.#gates.get((spec as DanmIpSpec).address);
    return await super.create(ref, spec, signal);
  }
}

Deno.test("an address that took long to get does not lead back to those that were taken meanwhile", async () => {
  const objects = new SlowStore();
  const hints = memoryHints();
  const subnet = findSubnet({ spec: { Options: { cidr: "10.0.0.0/24" } } }, { family: 4, subject: "n" });
  assert(subnet);
  const allocate = (containerID: string): Promise<bigint> => {
    const ledger = new Ledger([], { save: () => {}, clock: () => 0 });
    const holder = {
      ...{ space: "cn.n", networkKind: "ClusterNetwork", networkNamespace: "", networkName: "n" } as const,
      ...{ podNamespace: "default", podName: containerID, podUID: containerID, containerID },
      ...{ interface: "eth0", node: "node1" },
    };
    return allocateAddress({ subnet, holder, subject: "n" }, {
      deps: { objects, ledger, containerID, delay: () => Promise.resolve(), hints, nodeOffset: 0, random: () => 0.5 },
      signal: new AbortController().signal,
    });
  };
  const goOn = objects.hold("10.0.0.1");
  const slow = allocate("slow");
  assertEquals(await allocate("quick"), subnet.first + 1n);
  goOn();
  assertEquals(await slow, subnet.first);

  const [, quick] = objects.objects.toSorted((a, b) => a.ref.name.localeCompare(b.ref.name));
  assert(quick);
  await objects.remove(quick.ref, { uid: quick.stored.uid, signal: new AbortController().signal });
  assertEquals(await allocate("next"), subnet.first + 2n, "not the one that was just released");
});
