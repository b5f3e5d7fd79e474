import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CniError } from "../shared/errors.ts";
import { apiError, Forbidden, Unavailable } from "../shared/kube/api_error.ts";
import { formatAddress, parseAddress } from "../shared/schema/address.ts";
import type { NetworkOptions } from "../shared/schema/network.ts";
import { memoryHints } from "../tests/support/ipam/memory_hints.ts";
import { MemoryObjectStore } from "../tests/support/ipam/memory_object_store.ts";
import { seededRandom } from "../tests/support/seeded_random.ts";
import { allocateAddress } from "./address_allocator.ts";
import type { Holder } from "./address_request.ts";
import type { AllocatorDeps } from "./allocator_deps.ts";
import { release } from "./claim.ts";
import { Ledger } from "./ledger.ts";
import type { CreateOutcome, ObjectStore } from "./object_store.ts";
import { findSubnet } from "./subnet.ts";

const SIGNAL = new AbortController().signal;

interface Node {
  readonly server: MemoryObjectStore;
  /** Requests, in order. */
  readonly asked: string[];
  readonly hints: Map<string, readonly bigint[]>;
}

interface Wanted {
  readonly options: NetworkOptions;
  readonly static?: string;
  readonly containerID?: string;
  readonly holder?: Partial<Holder>;
  readonly objects?: Partial<ObjectStore>;
}

function newNode(): Node {
  return { server: new MemoryObjectStore(), asked: [], hints: new Map() };
}

function depsOf(
  node: Node,
  containerID: string,
  changes: Partial<ObjectStore> = {},
): AllocatorDeps & { ledger: Ledger } {
  const { server } = node;
  const objects: ObjectStore = {
    create: (ref, spec, signal) => (node.asked.push(`create ${ref.name}`), server.create(ref, spec, signal)),
    find: (ref, signal) => (node.asked.push(`find ${ref.name}`), server.find(ref, signal)),
    remove: (ref, options) => (node.asked.push(`remove ${ref.name}`), server.remove(ref, options)),
    listAddresses: (space, signal) => (node.asked.push(`list ${space}`), server.listAddresses(space, signal)),
    listOwned: (sandbox, signal) => server.listOwned(sandbox, signal),
    ...changes,
  };
  return {
    objects,
    containerID,
    ledger: new Ledger([], { save: () => {}, clock: () => 1000 }),
    delay: () => Promise.resolve(),
    hints: memoryHints(node.hints),
    nodeOffset: 0.25,
    random: seededRandom(node.server.objects.length + 1),
  };
}

async function allocate(node: Node, wanted: Wanted): Promise<string> {
  const { options, containerID = "c1", holder = {}, objects } = wanted;
  const subnet = findSubnet({ spec: { Options: options } }, {
    family: wanted.static?.includes(":") ? 6 : 4,
    subject: "n",
  });
  assert(subnet);
  const value = await allocateAddress({
    subnet,
    holder: {
      space: "cn.n",
      networkKind: "ClusterNetwork",
      networkNamespace: "",
      networkName: "n",
      podNamespace: "default",
      podName: `pod-${containerID}`,
      podUID: `uid-${containerID}`,
      containerID,
      interface: "eth0",
      node: "node-1",
      ...holder,
    },
    subject: "ClusterNetwork n",
    static: wanted.static === undefined ? undefined : parseAddress(wanted.static).value,
  }, { deps: depsOf(node, containerID, objects), signal: SIGNAL });
  return formatAddress({ family: subnet.family, value });
}

const SMALL: NetworkOptions = { cidr: "10.0.0.0/29", routes: { "0.0.0.0/0": "10.0.0.1" } };

Deno.test("a small pool gives every address once, never the gateway, and then says that it is exhausted", async () => {
  const node = newNode();
  const given: string[] = [];
  for (let count = 0; count < 5; count++) {
    given.push(await allocate(node, { options: SMALL, containerID: `c${count}` }));
  }
  assertEquals(given.sort(), ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
  const error = await assertRejects(() => allocate(node, { options: SMALL, containerID: "c9" }), CniError);
  assertEquals([error.code, error.message], [
    100,
    "pool 10.0.0.1-10.0.0.6 (6 addresses, 5 given dynamically) of ClusterNetwork n is exhausted: " +
    "each of the 5 was held when it was tried",
  ]);
});

Deno.test("an allocation of a free address is one request, in a pool of any size", async () => {
  for (const cidr of ["10.0.0.0/29", "10.0.0.0/22", "10.0.0.0/9"]) {
    const node = newNode();
    await allocate(node, { options: { cidr } });
    assertEquals(node.asked.length, 1);
  }
});

Deno.test("an address that was given back is the last to be given again", async () => {
  const node = newNode();
  const first = await allocate(node, { options: SMALL });
  const [held] = node.server.objects;
  assert(held);
  await node.server.remove(held.ref, { uid: held.stored.uid, signal: SIGNAL });
  const next: string[] = [];
  for (let count = 0; count < 5; count++) next.push(await allocate(node, { options: SMALL, containerID: `d${count}` }));
  assertEquals(next.at(-1), first);
});

Deno.test("a large pool is never listed", async () => {
  const node = newNode();
  const full: Partial<ObjectStore> = {
    create: (ref): Promise<CreateOutcome> => (node.asked.push(ref.name), Promise.resolve({ kind: "exists" })),
  };
  const error = await assertRejects(
    () => allocate(node, { options: { cidr: "10.0.0.0/16" }, objects: full }),
    CniError,
  );
  assertEquals([error.code, node.asked.filter((line) => line.startsWith("list")).length], [100, 0]);
  assertEquals(new Set(node.asked).size, node.asked.length);
  assertStringIncludes(error.message, `${node.asked.length} addresses were tried, all held`);
});

Deno.test("a small pool that was never full is not called exhausted: others were quicker", async () => {
  const node = newNode();
  const contended: Partial<ObjectStore> = {
    create: (): Promise<CreateOutcome> => Promise.resolve({ kind: "exists" }),
    listAddresses: () => Promise.resolve(["10.0.0.2"]),
  };
  const options = { cidr: "10.0.0.0/27" };
  const error = await assertRejects(() => allocate(node, { options, objects: contended }), CniError);
  assertEquals(error.code, 11);
  assertStringIncludes(
    error.message,
    "ClusterNetwork n is nearly exhausted, and others are quicker: 29 addresses were",
  );
});

Deno.test("free addresses behind a long run of set bits are found", async () => {
  const bits = new Uint8Array(8192).fill(0xff, 0, 8000);
  const node = newNode();
  const given = await allocate(node, { options: { cidr: "10.0.0.0/16", alloc: bits.toBase64() } });
  const [, , third = 0, fourth = 0] = given.split(".").map(Number);
  assert(third * 256 + fourth >= 64_000, `${given} counts as taken`);
});

Deno.test("a static address of a legacy bitmap counts as taken", async () => {
  const options = { cidr: "10.0.0.0/29", alloc: btoa("\x08") };
  const node = newNode();
  const error = await assertRejects(() => allocate(node, { options, static: "10.0.0.4" }), CniError);
  assertEquals([error.code, node.asked], [101, []]);
  assertStringIncludes(error.message, "spec.Options.alloc is set");
  assertEquals(await allocate(node, { options, static: "10.0.0.5" }), "10.0.0.5");
});

Deno.test("a static address in use names its holder; its own Pod's past does not count", async () => {
  const node = newNode();
  const wanted = { options: SMALL, static: "10.0.0.5" };
  await allocate(node, { ...wanted, containerID: "old", holder: { podUID: "p1" } });
  for (const holder of [{ podUID: "p2" }, { podUID: "p1", node: "node-2" }, { podUID: "p1", interface: "eth1" }]) {
    const error = await assertRejects(() => allocate(node, { ...wanted, containerID: "new", holder }), CniError);
    assertEquals(error.code, 101);
    assertStringIncludes(
      error.message,
      "address 10.0.0.5 of ClusterNetwork n is in use by Pod default/pod-old, interface eth0, on node node-1, " +
        "since 2026-01-01T00:00:00Z",
    );
  }
  assertEquals(await allocate(node, { ...wanted, containerID: "new", holder: { podUID: "p1" } }), "10.0.0.5");
  assertEquals(node.server.objects.map(({ stored }) => stored.containerID), ["new"]);
});

Deno.test("a write whose answer is lost is recognised as ours", async () => {
  const node = newNode();
  let answers = 0;
  const failure = {
    verb: "POST",
    path: "/",
    status: 0,
    reason: "ConnectionLost",
    text: "",
    effect: "unknown",
  } as const;
  const lossy: Partial<ObjectStore> = {
    create: async (ref, spec, signal): Promise<CreateOutcome> => {
      const outcome = await node.server.create(ref, spec, signal);
      return answers++ === 0 ? { kind: "unknown", error: apiError(failure) } : outcome;
    },
  };
  assertEquals(await allocate(node, { options: SMALL, objects: lossy }), "10.0.0.2");
  assertEquals([answers, node.server.objects.length], [2, 1]);
});

Deno.test("a refusal ends the allocation; no answer at all ends it after three tries", async () => {
  const node = newNode();
  let tries = 0;
  const failing = (status: number, effect: "none" | "unknown"): Partial<ObjectStore> => ({
    create: (): Promise<CreateOutcome> => {
      tries++;
      const error = apiError({ verb: "POST", path: "/", status, reason: "x", text: "", effect });
      return Promise.resolve({ kind: effect === "none" ? "refused" : "unknown", error });
    },
  });
  await assertRejects(() => allocate(node, { options: SMALL, objects: failing(403, "none") }), Forbidden);
  assertEquals(tries, 1);
  await assertRejects(() => allocate(node, { options: SMALL, objects: failing(0, "unknown") }), Unavailable);
  assertEquals(tries, 4);
});

Deno.test("release removes what is ours, by UID or by name, and nothing of another's", async () => {
  const node = newNode();
  await allocate(node, { options: SMALL, containerID: "c1" });
  await allocate(node, { options: SMALL, containerID: "c2" });
  const left = (): string[] => node.server.objects.map(({ stored }) => stored.containerID);
  const [one, two] = node.server.objects;
  assert(one && two);
  const deps = depsOf(node, "c1");
  for (const { ref, stored } of [one, two]) {
    await release({ ...ref, interface: stored.interface }, { deps, signal: SIGNAL });
    await release({ ...ref, interface: stored.interface }, { deps, signal: SIGNAL });
  }
  assertEquals(left(), ["c2"]);
  await release({ ...two.ref, interface: "eth0", uid: one.stored.uid }, { deps, signal: SIGNAL });
  assertEquals(left(), ["c2"]);
  await release({ ...two.ref, interface: "eth0", uid: two.stored.uid }, { deps, signal: SIGNAL });
  assertEquals(left(), []);
});
