import { countDynamic } from "../../../ipam/next_dynamic.ts";
import { isDynamic, poolSize, type Subnet } from "../../../ipam/subnet.ts";
import { formatAddress } from "../../../shared/schema/address.ts";
import { danmIpName } from "../../../shared/schema/danm_ip.ts";
import type { NetworkOptions, PoolStatus } from "../../../shared/schema/network.ts";
import type { PresetAddresses } from "./memory_object_store.ts";
import { subnetOf } from "./subnet_of.ts";

/** The pool of one family of a network. */
export interface SimulatedPool {
  readonly space: string;
  readonly networkName: string;
  /** Of its own for each pool, so that messages tell which it was. */
  readonly subject: string;
  readonly subnet: Subnet;
  readonly status: PoolStatus | undefined;
  /** Names of the DanmIps of all that it may ever give; undefined = so many are free that some always are. */
  readonly open: readonly string[] | undefined;
}

/** Networks, each with the pools of its families, and who held addresses of them before. */
export interface SimulatedNetworks {
  readonly networks: readonly (readonly SimulatedPool[])[];
  readonly presets: PresetAddresses;
}

type Random = () => number;

/** Largest pool whose addresses are all looked at. */
const SMALL = 1024;

/** Pools of one to six addresses. */
const TINY: readonly NetworkOptions[] = [
  { cidr: "10.0.0.0/32" },
  { cidr: "10.0.0.0/31" },
  { cidr: "10.0.0.0/30" },
  { cidr: "10.0.0.0/29" },
  { cidr: "10.0.0.0/29", routes: { "0.0.0.0/0": "10.0.0.1" } },
  { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.10", end: "10.0.0.12" } },
];

/** Pools of networks that share an address space: those, and some that have no address of them. */
const SHARED: readonly NetworkOptions[] = [
  ...TINY,
  { cidr: "10.9.0.0/29" },
  { cidr: "10.9.0.4/30" },
  { cidr: "10.0.0.0/12", allocation_pool: { start: "10.9.0.1", end: "10.9.0.20" } },
];

const TINY6 = ["fd00::/128", "fd00::/127", "fd00::/126", "fd00::/125"];

/** Networks as `random` decides: tiny, two of one address space, of both families, nearly full, with bitmaps, huge. */
export function simulateNetworks(random: Random): SimulatedNetworks {
  const kinds = [tiny, tiny, dual, shared, bitmap, nearlyFull, huge];
  return pick(kinds, random)(random);
}

function tiny(random: Random): SimulatedNetworks {
  return { networks: [network(pick(TINY, random), { name: "n", random })], presets: NOBODY };
}

function dual(random: Random): SimulatedNetworks {
  const options = { ...pick(TINY, random), net6: pick(TINY6, random) };
  return { networks: [network(options, { name: "n", random })], presets: NOBODY };
}

/** Two networks of one address space, with the same pool, others that overlap, or disjoint ones. */
function shared(random: Random): SimulatedNetworks {
  const two = ["n", "m"].map((name) => network(pick(SHARED, random), { name, random }));
  return { networks: two, presets: NOBODY };
}

function bitmap(random: Random): SimulatedNetworks {
  const options = { cidr: "10.0.0.0/29", alloc: btoa(String.fromCharCode(Math.floor(random() * 256))) };
  return { networks: [network(options, { name: "n", random })], presets: NOBODY };
}

/** All but a few addresses of a /24 are held. */
function nearlyFull(random: Random): SimulatedNetworks {
  const free = new Set(Array.from({ length: 1 + Math.floor(random() * 4) }, () => 1 + Math.floor(random() * 254)));
  const held = Array.from({ length: 254 }, (_, index) => index + 1).filter((byte) => !free.has(byte))
    .map((byte) => `10.0.0.${byte}`);
  const names = new Set(held.map((address) => danmIpName(address, SPACE)));
  const presets = { has: (name: string) => names.has(name), list: () => held };
  return { networks: [network({ cidr: "10.0.0.0/24" }, { name: "n", random, presets })], presets };
}

/** Up to half of 65 thousand or 8 million addresses are held. */
function huge(random: Random): SimulatedNetworks {
  const share = random() * 0.5;
  const presets = {
    has: (name: string) => hash(name) < share,
    list: () => {
      throw new Error("a huge pool is listed");
    },
  };
  return {
    networks: [network({ cidr: pick(["10.0.0.0/16", "10.0.0.0/9"], random) }, { name: "n", random, presets })],
    presets,
  };
}

const SPACE = "as.simulated";
const NOBODY: PresetAddresses = { has: () => false, list: () => [] };

function network(
  options: NetworkOptions,
  of: { name: string; random: Random; presets?: PresetAddresses },
): SimulatedPool[] {
  const { name, random, presets = NOBODY } = of;
  const families = options.net6 === undefined ? [4 as const] : [4 as const, 6 as const];
  return families.map((family) => {
    const subnet = subnetOf(options, family);
    const open = poolSize(subnet) > SMALL ? undefined : namesOf(subnet).filter((one) => !presets.has(one));
    const subject = `network ${name}, IPv${family}`;
    return { space: SPACE, networkName: name, subject, subnet, status: statusOf(subnet, random), open };
  });
}

function namesOf(subnet: Subnet): string[] {
  const names: string[] = [];
  for (let value = subnet.first; value <= subnet.last; value++) {
    if (isDynamic(subnet, value)) names.push(danmIpName({ family: subnet.family, value }, SPACE));
  }
  return names;
}

/** What a status says may be old or wrong; of a huge pool it does not say that it is full, which would be believed. */
function statusOf(subnet: Subnet, random: Random): PoolStatus | undefined {
  if (random() < 0.5) return undefined;
  const capacity = Math.min(countDynamic(subnet), SMALL);
  const allocated = Math.floor(random() * (poolSize(subnet) > SMALL ? capacity : capacity + 1));
  const candidates = Array.from({ length: Math.floor(random() * 4) }, () => {
    const value = subnet.first + BigInt(Math.floor(random() * poolSize(subnet)));
    return formatAddress({ family: subnet.family, value });
  });
  return { capacity, allocated, freeCandidates: candidates };
}

function pick<T>(all: readonly T[], random: Random): T {
  const one = all[Math.floor(random() * all.length)];
  if (one === undefined) throw new TypeError("nothing to pick");
  return one;
}

/** From 0 up to 1: FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value / 2 ** 32;
}
