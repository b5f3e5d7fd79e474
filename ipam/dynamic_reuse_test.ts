import { assert, assertEquals } from "@std/assert";
import { danmIpName, type DanmIpSpec } from "../shared/schema/danm_ip.ts";
import { formatAddress } from "../shared/schema/address.ts";
import type { NetworkOptions, PoolStatus } from "../shared/schema/network.ts";
import { memoryHints } from "../tests/support/ipam/memory_hints.ts";
import { MemoryObjectStore } from "../tests/support/ipam/memory_object_store.ts";
import { subnetOf } from "../tests/support/ipam/subnet_of.ts";
import { seededRandom } from "../tests/support/seeded_random.ts";
import { shuffled } from "./allocate_candidates.ts";
import { takeDynamic } from "./dynamic_address.ts";
import { Ledger } from "./ledger.ts";
import { noteFreed } from "./note_freed.ts";
import { poolSize, type Subnet } from "./subnet.ts";

const SIGNAL = new AbortController().signal;
const SPACE = "as.shared";

/** One node, alone, whose networks share an address space. */
class Node {
  readonly server = new MemoryObjectStore();
  readonly random: () => number;
  readonly #hints = memoryHints();
  #pods = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  async take(
    subnet: Subnet,
    { network = "n", status }: { network?: string; status?: PoolStatus } = {},
  ): Promise<bigint> {
    const containerID = `c${this.#pods++}`;
    const holder = {
      ...{ space: SPACE, networkKind: "DanmNet", networkNamespace: "default", networkName: network } as const,
      ...{ podNamespace: "default", podName: "pod", podUID: containerID, containerID, interface: "eth0", node: "x" },
    };
    const deps = {
      ...{ objects: this.server, containerID, delay: () => Promise.resolve(), random: this.random, nodeOffset: 0.4 },
      ...{ ledger: new Ledger([], { save: () => {}, clock: () => 0 }), hints: this.#hints },
    };
    return await takeDynamic({ subnet, holder, status, subject: "n" }, { deps, signal: SIGNAL });
  }

  async free({ family }: Subnet, value: bigint): Promise<void> {
    const ref = { kind: "DanmIp", name: danmIpName({ family, value }, SPACE) } as const;
    const stored = await this.server.find(ref, SIGNAL);
    assert(stored && await noteFreed(this.server, this.#hints).remove(ref, { uid: stored.uid, signal: SIGNAL }));
  }

  /** Others hold all but so many, chosen at random. @returns those that are free */
  async holdAllBut(subnet: Subnet, count: number): Promise<bigint[]> {
    const { first, family } = subnet;
    const all = Array.from({ length: poolSize(subnet) }, (_, at) => first + BigInt(at));
    const mixed = shuffled(all, this.random);
    for (const value of mixed.slice(count)) {
      const address = formatAddress({ family, value });
      const spec = { address, space: SPACE, containerID: "other", interface: "eth0" } as DanmIpSpec;
      await this.server.create({ kind: "DanmIp", name: danmIpName(address, SPACE) }, spec, SIGNAL);
    }
    return mixed.slice(0, count);
  }
}

Deno.test("a Pod that starts again and again gets another address while others are free, in any nearly full pool", async (t) => {
  const cases: [string, number, number, boolean][] = [
    ["tiny, two free", 29, 2, false],
    ["tiny, three free, named", 28, 3, true],
    ["listed, two free", 24, 2, false],
    ["listed, six free", 25, 6, false],
    ["listed, five free, named", 24, 5, true],
    ["large, three free, named", 21, 3, true],
  ];
  for (const [name, prefix, count, named] of cases) {
    await t.step(name, async () => {
      const subnet = subnetOf({ cidr: `10.0.0.0/${prefix}` }, 4);
      for (let seed = 1; seed <= 5; seed++) {
        const node = new Node(seed);
        const free = await node.holdAllBut(subnet, count);
        const freeCandidates = free.map((value) => formatAddress({ family: 4, value }));
        const capacity = poolSize(subnet);
        const status = named ? { status: { capacity, allocated: capacity - count, freeCandidates } } : {};
        let last: bigint | undefined;
        for (let start = 0; start < 20; start++) {
          const value = await node.take(subnet, status);
          assert(value !== last, `seed ${seed}, start ${start}: the address that was just freed`);
          assert(free.includes(value));
          await node.free(subnet, value);
          last = value;
        }
      }
    });
  }
});

Deno.test("of many Pods of a node any one ends, and the next does not get its address while others are free", async () => {
  const subnet = subnetOf({ cidr: "10.0.0.0/24" }, 4);
  for (let seed = 1; seed <= 5; seed++) {
    const node = new Node(seed);
    await node.holdAllBut(subnet, 22);
    const held: bigint[] = [];
    while (held.length < 20) held.push(await node.take(subnet));
    for (let end = 0; end < 50; end++) {
      const [ended = 0n] = held.splice(Math.floor(node.random() * held.length), 1);
      await node.free(subnet, ended);
      const value = await node.take(subnet);
      assert(value !== ended, `seed ${seed}, end ${end}: the address that was just freed`);
      held.push(value);
    }
  }
});

Deno.test("where nothing else is free, a Pod that starts again gets the address that it had", async (t) => {
  for (const prefix of [30, 28, 24, 21, 16]) {
    await t.step(`/${prefix}`, async () => {
      const node = new Node(prefix);
      const subnet = subnetOf({ cidr: `10.0.0.0/${prefix}` }, 4);
      const others = new Node(1);
      const value = await node.take(subnet);
      await node.free(subnet, value);
      node.server.create = async (ref, spec, signal) =>
        (spec as DanmIpSpec).address === formatAddress({ family: 4, value })
          ? await others.server.create(ref, spec, signal)
          : { kind: "exists" };
      node.server.listAddresses = () => {
        const all = Array.from({ length: poolSize(subnet) }, (_, at) => subnet.first + BigInt(at));
        return Promise.resolve(all.filter((one) => one !== value).map((value) => formatAddress({ family: 4, value })));
      };
      assertEquals(await node.take(subnet), value);
    });
  }
});

Deno.test("networks that share an address space and have other pools each go on where they were", async () => {
  const pools: [string, NetworkOptions][] = [
    ["a", { cidr: "10.0.0.0/24" }],
    ["b", { cidr: "10.9.0.0/24" }],
    ["c", { cidr: "10.0.0.0/25" }],
  ];
  const node = new Node(1);
  const given = new Map(pools.map(([network]) => [network, [] as bigint[]]));
  for (let round = 0; round < 20; round++) {
    for (const [network, options] of pools) {
      const subnet = subnetOf(options, 4);
      const value = await node.take(subnet, { network });
      given.get(network)?.push(value);
      await node.free(subnet, value);
    }
  }
  for (const [network, values] of given) assertEquals(new Set(values).size, 20, `network ${network}`);
});

Deno.test("a network that was made again with another CIDR begins at the node's own place", async () => {
  const node = new Node(1);
  await node.take(subnetOf({ cidr: "10.0.0.0/24" }, 4));
  const subnet = subnetOf({ cidr: "10.9.0.0/24" }, 4);
  assertEquals(await node.take(subnet), subnet.first + BigInt(Math.floor(0.4 * 254)));
});
