import { assert, assertEquals, assertRejects } from "@std/assert";
import { CniError } from "../shared/errors.ts";
import { formatAddress } from "../shared/schema/address.ts";
import { danmIpName } from "../shared/schema/danm_ip.ts";
import type { NetworkOptions, PoolStatus } from "../shared/schema/network.ts";
import { memoryHints } from "../tests/support/ipam/memory_hints.ts";
import { SimulatedApi } from "../tests/support/ipam/simulated_api.ts";
import { seededRandom } from "../tests/support/seeded_random.ts";
import type { AddressRequest } from "./address_request.ts";
import { shuffled } from "./allocate_candidates.ts";
import type { AllocatorDeps } from "./allocator_deps.ts";
import { takeDynamic } from "./dynamic_address.ts";
import { Ledger } from "./ledger.ts";
import { findSubnet, poolSize, type Subnet } from "./subnet.ts";

const SIGNAL = new AbortController().signal;

/** A network, an API server without faults that does what is asked in random order, and callers on many nodes. */
class World {
  readonly subnet: Subnet;
  readonly random: () => number;
  readonly #api: SimulatedApi;
  readonly #hints = new Map<string, readonly bigint[]>();
  /** Addresses asked for, and lists, of each caller. */
  readonly creates: number[] = [];
  readonly lists: number[] = [];

  constructor(options: NetworkOptions, seed: number) {
    const subnet = findSubnet({ spec: { Options: options } }, { family: 4, subject: "ClusterNetwork n" });
    assert(subnet);
    this.subnet = subnet;
    this.random = seededRandom(seed);
    this.#api = new SimulatedApi(this.random, { faults: 0 });
  }

  request(owner: string, status?: PoolStatus): AddressRequest {
    const holder = {
      ...{ space: "cn.n", networkKind: "ClusterNetwork", networkNamespace: "", networkName: "n" } as const,
      ...{ podNamespace: "default", podName: owner, podUID: owner, containerID: owner, interface: "eth0", node: "x" },
    };
    return { subnet: this.subnet, holder, subject: "ClusterNetwork n", status };
  }

  /** Somebody else holds these. */
  async hold(values: readonly bigint[]): Promise<void> {
    const { holder } = this.request("other");
    for (const value of values) {
      const address = { family: 4, value } as const;
      const ref = { kind: "DanmIp", name: danmIpName(address, "cn.n") } as const;
      await this.#api.server.create(ref, { ...holder, address: formatAddress(address) }, SIGNAL);
    }
  }

  /** Held at random: all but `free`. */
  async holdAllBut(free: number): Promise<void> {
    await this.hold(this.all().slice(free));
  }

  all(): bigint[] {
    const { first } = this.subnet;
    return shuffled(Array.from({ length: poolSize(this.subnet) }, (_, at) => first + BigInt(at)), this.random);
  }

  /** What the cleaner would write now. */
  status(): PoolStatus {
    const held = new Set(this.#api.server.objects.map(({ ref }) => ref.name));
    const free = this.all().filter((value) => !held.has(danmIpName({ family: 4, value }, "cn.n")));
    const freeCandidates = free.slice(0, 256).map((value) => formatAddress({ family: 4, value }));
    return { capacity: poolSize(this.subnet), allocated: held.size, freeCandidates };
  }

  take(node: string, status?: PoolStatus): Promise<bigint> {
    const caller = this.creates.push(0) - 1;
    this.lists.push(0);
    const store = this.#api.storeOf({ dead: false });
    const deps: AllocatorDeps = {
      objects: {
        ...store,
        create: (...args) => (this.creates[caller] = (this.creates[caller] ?? 0) + 1, store.create(...args)),
        listAddresses: (...args) => (this.lists[caller] = (this.lists[caller] ?? 0) + 1, store.listAddresses(...args)),
      },
      ledger: new Ledger([], { save: () => {}, clock: () => 0 }),
      containerID: `c${caller}`,
      delay: () => Promise.resolve(),
      hints: memoryHints(this.#hints, { prefix: `${node} ` }),
      nodeOffset: Number(node) / 50,
      random: this.random,
    };
    return takeDynamic(this.request(`c${caller}`, status), { deps, signal: SIGNAL });
  }

  /** Lets the API server answer until all callers have ended. */
  async run<T>(callers: readonly Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
    const ended = Promise.allSettled(callers);
    while (await this.#api.step());
    return await ended;
  }
}

Deno.test("as many callers at once as a pool has free addresses: each gets one, with one list at most", async (t) => {
  for (const withStatus of [false, true]) {
    for (const [callers, extra] of [[200, 0], [30, 0], [30, 3], [1, 0]] as const) {
      await t.step(
        `${callers + extra} callers, ${callers} free, ${withStatus ? "with" : "without"} status`,
        async () => {
          const world = new World({ cidr: "10.0.0.0/24" }, callers);
          await world.holdAllBut(callers);
          const status = withStatus ? world.status() : undefined;
          const ends = await world.run(
            Array.from({ length: callers + extra }, (_, index) => world.take(String(index % 50), status)),
          );
          const given = ends.flatMap((end) => end.status === "fulfilled" ? [end.value] : []);
          assertEquals([new Set(given).size, given.length], [callers, callers]);
          const codes = ends.flatMap((end) => end.status === "rejected" ? [(end.reason as CniError).code] : []);
          assertEquals(codes, Array.from({ length: extra }, () => 100));
          assert(Math.max(...world.lists) <= (extra === 0 ? 1 : 2), `${world.lists}`);
        },
      );
    }
  }
});

Deno.test("an exhausted pool says how large it is and what is held, after a bounded number of requests", async (t) => {
  const tiny = { cidr: "10.0.0.0/28", routes: { "0.0.0.0/0": "10.0.0.1" } };
  const small = { cidr: "10.0.0.0/27", routes: { "0.0.0.0/0": "10.0.0.1" } };
  const large = { cidr: "10.0.0.0/21" };
  const least = "pool 10.0.0.1-10.0.0.14 (14 addresses, 13 given dynamically) of ClusterNetwork n is exhausted: ";
  const pool = "pool 10.0.0.1-10.0.0.30 (30 addresses, 29 given dynamically) of ClusterNetwork n is exhausted: ";
  const big = "pool 10.0.0.1-10.0.7.254 (2046 addresses, 2046 given dynamically) of ClusterNetwork n";
  const sample =
    `no free address was found in ${big}: 64 addresses were tried, all held, most of them chosen at random, ` +
    "so nearly all of it is held";
  const age = "when the cleaner last counted (up to 30 s ago, longer if it does not run)";
  const cases: [NetworkOptions, PoolStatus | undefined, number, number, string][] = [
    [tiny, undefined, 13, 0, `${least}each of the 13 was held when it was tried`],
    [tiny, { capacity: 13, allocated: 13 }, 13, 0, `${least}each of the 13 was held when it was tried`],
    [small, undefined, 3, 1, `${pool}3 addresses were tried, all held; 29 of 29 were held when listed just now`],
    [
      small,
      { capacity: 29, allocated: 29 },
      1,
      1,
      `${pool}1 address was tried, all held; 29 of 29 were held when listed just now`,
    ],
    [large, undefined, 64, 0, sample],
    [
      large,
      { capacity: 2046, allocated: 2046 },
      8,
      0,
      `${big} is exhausted: 8 addresses were tried, all held; 2046 of 2046 were held ${age}`,
    ],
    [
      large,
      { capacity: 2046, allocated: 2000, freeCandidates: ["10.0.0.7", "10.0.0.8", "10.9.9.9"] },
      64,
      0,
      `${sample}; 2000 of 2046 were held ${age}`,
    ],
    [
      { cidr: "10.0.0.0/30", routes: { "10.1.0.0/16": "10.0.0.1", "10.2.0.0/16": "10.0.0.2" } },
      undefined,
      0,
      0,
      "pool 10.0.0.1-10.0.0.2 (2 addresses, 0 given dynamically) of ClusterNetwork n is exhausted: " +
      "all of it is reserved, or taken in the legacy bitmap",
    ],
  ];
  for (const [options, status, creates, lists, message] of cases) {
    await t.step(message, async () => {
      const world = new World(options, 1);
      await world.holdAllBut(0);
      const [end] = await world.run([world.take("0", status)]);
      const error = await assertRejects(
        () => end?.status === "rejected" ? Promise.reject(end.reason) : Promise.resolve(),
        CniError,
      );
      assertEquals([error.code, error.message], [100, message]);
      assertEquals(error.details?.startsWith("another try may find one"), message.startsWith("no free address"));
      assertEquals([world.creates[0], world.lists[0]], [creates, lists]);
    });
  }
});

Deno.test("a status that is wrong costs probes and never an address", async (t) => {
  const cases: Record<string, PoolStatus> = {
    "full, though it is not": { capacity: 254, allocated: 254 },
    "names that are held": { capacity: 254, allocated: 244, freeCandidates: ["10.0.0.1", "10.0.0.2", "10.0.0.3"] },
    "names of another network": { capacity: 254, allocated: 253, freeCandidates: ["10.1.0.1", "::1", "nonsense"] },
    "nothing held": { capacity: 254, allocated: 0 },
  };
  for (const [name, status] of Object.entries(cases)) {
    await t.step(name, async () => {
      const world = new World({ cidr: "10.0.0.0/24" }, 3);
      const last = world.subnet.first + 199n;
      await world.hold(world.all().filter((value) => value !== last));
      const [end] = await world.run([world.take("7", status)]);
      assertEquals(end, { status: "fulfilled", value: last });
    });
  }
});

Deno.test("a large pool that is almost full is found free where status says, by the second request", async () => {
  const world = new World({ cidr: "10.0.0.0/21" }, 9);
  await world.holdAllBut(20);
  const status = world.status();
  const ends = await world.run(Array.from({ length: 20 }, (_, index) => world.take(String(index), status)));
  assertEquals(ends.filter(({ status }) => status === "rejected"), []);
  const sorted = world.creates.toSorted((a, b) => a - b);
  assert((sorted[10] ?? 0) <= 3, `${sorted}`);
  assertEquals(world.lists.filter((count) => count > 0), []);
});
