import { assertEquals, assertThrows } from "@std/assert";
import { cidrEnd, formatAddress, parseAddress } from "../shared/schema/address.ts";
import type { DanmIp } from "../shared/schema/danm_ip.ts";
import type { NetworkOptions } from "../shared/schema/network.ts";
import { anyOptions, asIpv6 } from "../tests/support/ipam/any_options.ts";
import { heldAddress, networkOf } from "../tests/support/ipam/held_address.ts";
import { seededRandom } from "../tests/support/seeded_random.ts";
import { type AddressState, inspectAddress, type Inspection, inspectNetwork } from "./inspect.ts";
import { inspectRuns } from "./inspect_runs.ts";
import { summarize } from "./inspect_summary.ts";
import { isDynamic } from "./subnet.ts";

function inspect(options: NetworkOptions, danmIps: readonly DanmIp[]): Inspection {
  const { inspections: [first] } = inspectNetwork(networkOf(options), { danmIps, subject: "n" });
  if (!first) throw new Error("the network has no subnet");
  return first;
}

/** `free`, `outside`, `reserved gateway`, `allocated default/p`. */
function say(state: AddressState): string {
  if (state.kind === "reserved") return `reserved ${state.reason}`;
  if (state.kind !== "allocated") return state.kind;
  const { danmIp: { spec }, ofOtherNetwork } = state.allocation;
  return `allocated ${spec.podNamespace}/${spec.podName}${ofOtherNetwork ? ` of ${spec.networkName}` : ""}`;
}

const V4: NetworkOptions = {
  cidr: "10.0.0.0/24",
  allocation_pool: { start: "10.0.0.10", end: "10.0.0.20" },
  routes: { "0.0.0.0/0": "10.0.0.1", "10.1.0.0/16": "10.0.0.11", "10.2.0.0/16": "10.0.0.2" },
  // Bits 3 and 12.
  alloc: new Uint8Array([0x10, 0x08]).toBase64(),
};

Deno.test("an address of an IPv4 network is what it is held or reserved for first", async (t) => {
  const inspection = inspect(V4, [
    heldAddress("10.0.0.1", { podName: "router" }),
    heldAddress("10.0.0.14"),
    heldAddress("10.0.0.12", { podName: "old" }),
    heldAddress("10.0.0.30", { podName: "static" }),
    heldAddress("10.0.0.255", { podName: "odd" }),
  ]);
  const cases: Record<string, string> = {
    "10.0.0.0": "reserved network",
    "10.0.0.1": "allocated default/router",
    "10.0.0.2": "reserved gateway",
    "10.0.0.3": "reserved bitmap",
    "10.0.0.4": "outside",
    "10.0.0.10": "free",
    "10.0.0.11": "reserved gateway",
    "10.0.0.12": "allocated default/old",
    "10.0.0.14": "allocated default/p",
    "10.0.0.20": "free",
    "10.0.0.21": "outside",
    "10.0.0.30": "allocated default/static",
    "10.0.0.255": "allocated default/odd",
  };
  for (const [text, is] of Object.entries(cases)) {
    await t.step(`${text} is ${is}`, () => {
      assertEquals(say(inspectAddress(inspection, parseAddress(text).value)), is);
    });
  }
  assertThrows(() => inspectAddress(inspection, parseAddress("10.0.1.0").value), RangeError);
  assertEquals(summarize(inspection), {
    capacity: 9,
    allocated: 1,
    free: 8,
    heldReserved: 3,
    heldOutside: 1,
    reserved: { network: 1, broadcast: 0, poolEdge: 0, loopback: 0, gateway: 2, bitmap: 1 },
  });
});

Deno.test("a broadcast address, the ends of a v6 pool's subnet and ::1 say what they are", () => {
  assertEquals(say(inspectAddress(inspect(V4, []), parseAddress("10.0.0.255").value)), "reserved broadcast");
  const zeros = inspect({ net6: "::/64", allocation_pool_v6: { cidr: "::1:0/112" } }, []);
  const states = ["::", "::1", "::1:0", "::1:1", "::1:ffff", "::2:0", "::ffff:ffff:ffff:ffff"]
    .map((text) => say(inspectAddress(zeros, parseAddress(text).value)));
  assertEquals(states, [
    "reserved network",
    "reserved loopback",
    "reserved poolEdge",
    "free",
    "reserved poolEdge",
    "outside",
    "outside",
  ]);
  assertEquals(summarize(zeros).capacity, 65534);
});

Deno.test("both families are inspected, and what belongs to neither is said", () => {
  const network = networkOf({ cidr: "10.0.0.0/24", net6: "2001:db8::/64", address_space: "shared" });
  const spec = { space: "as.shared" };
  const outside = heldAddress("10.9.0.1", { ...spec, networkName: "other" });
  const malformed = ["", "10.0.0", "010.0.0.1", "::ffff:10.0.0.1", "10.0.0.1/24"].map((text) =>
    heldAddress(text, spec)
  );
  const twice = heldAddress("2001:DB8::0005", spec);
  const { inspections, strays } = inspectNetwork(network, {
    danmIps: [
      heldAddress("2001:db8::9", { ...spec, networkName: "other" }),
      heldAddress("10.0.0.7", spec),
      outside,
      heldAddress("2001:db8::5", spec),
      ...malformed,
      twice,
      heldAddress("10.0.0.8"),
    ],
    subject: "n",
  });
  const held = inspections.map(({ allocations }) =>
    allocations.map(({ danmIp, ofOtherNetwork }) => `${danmIp.spec.address} ${ofOtherNetwork}`)
  );
  assertEquals(held, [["10.0.0.7 false"], ["2001:db8::5 false", "2001:db8::9 true"]]);
  assertEquals(strays, [
    { danmIp: outside, reason: "outside" },
    ...malformed.map((danmIp) => ({ danmIp, reason: "malformed" as const })),
    { danmIp: twice, reason: "duplicate" },
  ]);
  assertEquals(inspectNetwork(networkOf({}), { danmIps: [heldAddress("10.0.0.8")], subject: "n" }), {
    inspections: [],
    strays: [{ danmIp: heldAddress("10.0.0.8"), reason: "outside" }],
  });
});

Deno.test("runs and summary say what looking at every address of any small network says", () => {
  const random = seededRandom(3);
  for (let round = 0; round < 300; round++) {
    const v4 = anyOptions(random);
    const options = round % 2 === 0 ? v4 : asIpv6(v4);
    const message = JSON.stringify(options);
    const { subnet } = inspect(options, []);
    const { family, cidr } = subnet;
    const end = cidrEnd(cidr);
    const all: bigint[] = [];
    for (let value = cidr.base; value <= end; value++) all.push(value);
    const share = random() ** 2;
    const held = all.filter(() => random() < share);
    const inspection = inspect(options, held.map((value) => heldAddress({ family, value })).reverse());
    const singly = all.map((value) => say(inspectAddress(inspection, value)));

    const runs = [...inspectRuns(inspection)];
    assertEquals(
      runs.flatMap(({ first, last, state }) => Array(Number(last - first) + 1).fill(say(state))),
      singly,
      message,
    );
    runs.slice(1).forEach(({ state }, index) => {
      // Compact: two runs in a row are never the same, but for those of single addresses.
      if (state.kind === "free" || state.kind === "outside") {
        assertEquals(say(state) === say(runs[index]!.state), false);
      }
    });
    const from = cidr.base + BigInt(Math.floor(random() * all.length));
    const part = [...inspectRuns(inspection, { first: from, last: from + 9n })].flatMap(({ first, last, state }) =>
      Array(Number(last - first) + 1).fill(say(state))
    );
    const offset = Number(from - cidr.base);
    assertEquals(part, singly.slice(offset, offset + 10), message);

    const times = (state: string): number => singly.filter((one) => one === state).length;
    const summary = summarize(inspection);
    const { capacity, allocated, free, heldReserved, heldOutside, reserved } = summary;
    assertEquals(capacity, all.filter((value) => isDynamic(subnet, value)).length, message);
    assertEquals([free, allocated + heldReserved + heldOutside], [times("free"), held.length], message);
    assertEquals(allocated, held.filter((value) => isDynamic(subnet, value)).length, message);
    const isOutside = (value: bigint): boolean => say(inspectAddress({ subnet, allocations: [] }, value)) === "outside";
    assertEquals(heldOutside, held.filter(isOutside).length, message);
    for (const [reason, number] of Object.entries(reserved)) assertEquals(number, times(`reserved ${reason}`), message);
  }
});

Deno.test("a network of 2^64 addresses with 50,000 held and an empty bitmap is a hundred thousand runs, got in order", () => {
  const held = Array.from({ length: 50_000 }, (_, index) => parseAddress("2001:db8::1").value + BigInt(index) * 97n);
  const options = { net6: "2001:db8::/64", alloc6: new Uint8Array(1 << 20).toBase64() };
  const inspection = inspect(options, held.map((value) => heldAddress({ family: 6, value })));
  const counts: Record<string, number> = {};
  let next = inspection.subnet.cidr.base;
  for (const { first, last, state } of inspectRuns(inspection)) {
    if (first !== next || last < first) throw new Error(`a run from ${first} to ${last} where ${next} is next`);
    counts[state.kind] = (counts[state.kind] ?? 0) + 1;
    next = last + 1n;
  }
  assertEquals(formatAddress({ family: 6, value: next - 1n }), "2001:db8::ffff:ffff:ffff:ffff");
  assertEquals(counts, { reserved: 2, allocated: 50_000, free: 50_000, outside: 1 });
});
