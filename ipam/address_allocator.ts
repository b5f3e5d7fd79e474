import { CniError, ErrorCode } from "../shared/errors.ts";
import { formatAddress, parseAddress } from "../shared/schema/address.ts";
import { danmIpName, type DanmIpSpec } from "../shared/schema/danm_ip.ts";
import { firstCandidate, firstFree, randomCandidate, SMALL_POOL } from "./allocate_candidates.ts";
import { claim, type ClaimDeps } from "./claim.ts";
import type { OwnedObject } from "./ledger.ts";
import type { StoredObject } from "./object_store.ts";
import { isDynamic, isInBitmap, poolSize, type Subnet } from "./subnet.ts";

/** Who will hold the address, and of which network: everything of a DanmIp but the address. */
export type Holder = Omit<DanmIpSpec, "address">;

/** One address that is wanted. */
export interface AddressRequest {
  readonly subnet: Subnet;
  readonly holder: Holder;
  /** A certain address; undefined = any of the pool. */
  readonly static?: bigint | undefined;
  /** The network, for messages: `ClusterNetwork ext`. */
  readonly subject: string;
}

/** Where this node remembers, by pool, the last address it took. */
export interface Hints {
  /**
   * Reads the last address, lets `choose` name the next and remembers that, in one step over all processes of the
   * node, so that two that start at once do not meet.
   */
  take(pool: string, choose: (lastTaken: bigint | undefined) => bigint | undefined): bigint | undefined;
  remember(pool: string, value: bigint): void;
}

/** What allocation needs. */
export interface AllocatorDeps extends ClaimDeps {
  readonly hints: Hints;
  /** From 0 up to 1; another one on each node. */
  readonly nodeOffset: number;
  readonly random: () => number;
}

/** Misses by name after which a small pool is listed. */
const SMALL_POOL_PROBES = 3;

/** Misses by name after which a large pool counts as exhausted, unless its status names free addresses. */
const LARGE_POOL_PROBES = 24;

/** Lists of a small pool whose free addresses all went to others meanwhile. */
const LISTS = 4;

/**
 * Takes one address for a sandbox, by creating its DanmIp.
 *
 * @returns the address
 * @throws {CniError} code 100 when the pool is exhausted, 101 when a static address is in use, naming its holder
 * @throws {ApiError} when the API server refuses or does not answer
 */
export async function allocateAddress(
  request: AddressRequest,
  options: { deps: AllocatorDeps; signal: AbortSignal },
): Promise<bigint> {
  if (request.static !== undefined) return await takeStatic(request, { ...options, value: request.static });
  const { subnet, holder } = request;
  const pool = `${holder.space}.${subnet.family}`;
  const { value, hinted } = await takeDynamic(request, { ...options, pool });
  // One that was hinted is remembered since then, and others may have gone on from it: saying it again would turn back.
  if (value !== hinted) options.deps.hints.remember(pool, value);
  return value;
}

interface TakeOptions {
  readonly deps: AllocatorDeps;
  readonly signal: AbortSignal;
}

async function takeDynamic(
  request: AddressRequest,
  options: TakeOptions & { pool: string },
): Promise<{ value: bigint; hinted: bigint | undefined }> {
  const { subnet } = request;
  const { deps, pool } = options;
  const small = poolSize(subnet) <= SMALL_POOL;
  const tried = new Set<bigint>();
  const start = (lastTaken: bigint | undefined): bigint | undefined =>
    firstCandidate(subnet, { lastTaken, nodeOffset: deps.nodeOffset });
  // A long run of addresses that a legacy bitmap has taken hides what is free elsewhere.
  const hinted = deps.hints.take(pool, start);
  let candidate = hinted ?? randomCandidate(subnet, tried, deps.random);
  for (let probe = 0; candidate !== undefined && probe < (small ? SMALL_POOL_PROBES : LARGE_POOL_PROBES); probe++) {
    if (await take(request, { ...options, value: candidate })) return { value: candidate, hinted };
    tried.add(candidate);
    candidate = randomCandidate(subnet, tried, deps.random);
  }
  const found = small ? await takeListed(request, options) : undefined;
  if (found !== undefined) return { value: found, hinted };
  throw exhausted(request, small ? undefined : tried.size);
}

/** Decides a small pool by what is really held. */
async function takeListed(request: AddressRequest, options: TakeOptions): Promise<bigint | undefined> {
  const { subnet, holder } = request;
  const { deps, signal } = options;
  for (let list = 0; list < LISTS; list++) {
    const addresses = await deps.objects.listAddresses(holder.space, signal);
    const taken = new Set(
      addresses.map(parseAddress).filter(({ family }) => family === subnet.family).map(({ value }) => value),
    );
    // Each caller starts somewhere else: those who list at once must not all want the same address.
    let free = firstFree(subnet, taken, subnet.first + BigInt(Math.floor(deps.random() * poolSize(subnet))));
    if (free === undefined) return undefined;
    for (; free !== undefined; free = firstFree(subnet, taken, free)) {
      if (await take(request, { ...options, value: free })) return free;
      taken.add(free);
    }
  }
  return undefined;
}

async function takeStatic(request: AddressRequest, options: TakeOptions & { value: bigint }): Promise<bigint> {
  const { deps, signal, value } = options;
  const { object } = ownedAddress(request, value);
  if (isInBitmap(request.subnet, value)) throw inBitmap(request, value);
  for (let round = 0; round < 3; round++) {
    if (await take(request, options)) return value;
    const stored = await deps.objects.find(object, signal);
    if (!stored) continue;
    if (!isSuperseded(stored, request.holder)) throw inUse(request, { value, stored });
    const { uid, resourceVersion } = stored;
    await deps.objects.remove(object, { uid, resourceVersion, signal });
  }
  throw new CniError(ErrorCode.TryAgain, `${describe(request, value)} changes hands again and again`);
}

/**
 * The same interface of the same Pod on the same node holds it, from an older sandbox or from an attempt of this one
 * that its record does not know any more: of one Pod UID only the newest sandbox lives.
 */
function isSuperseded(stored: StoredObject, holder: Holder): boolean {
  return stored.podUID === holder.podUID && stored.node === holder.node && stored.interface === holder.interface;
}

async function take(request: AddressRequest, options: TakeOptions & { value: bigint }): Promise<boolean> {
  const { object, spec } = ownedAddress(request, options.value);
  return await claim(object, spec, options) !== undefined;
}

function ownedAddress(request: AddressRequest, value: bigint): { object: OwnedObject; spec: DanmIpSpec } {
  const { holder, subnet } = request;
  const address = { family: subnet.family, value };
  return {
    object: { kind: "DanmIp", name: danmIpName(address, holder.space), interface: holder.interface },
    spec: { ...holder, address: formatAddress(address) },
  };
}

function describe(request: AddressRequest, value: bigint): string {
  return `address ${formatAddress({ family: request.subnet.family, value })} of ${request.subject}`;
}

function inUse(request: AddressRequest, found: { value: bigint; stored: StoredObject }): CniError {
  const { podNamespace, podName, interface: ifname, node, createdAt, containerID } = found.stored;
  return new CniError(
    ErrorCode.AddressInUse,
    `${
      describe(request, found.value)
    } is in use by Pod ${podNamespace}/${podName}, interface ${ifname}, on node ${node}, since ${createdAt}`,
    { details: `sandbox ${containerID}; choose another address, or delete that Pod` },
  );
}

function inBitmap(request: AddressRequest, value: bigint): CniError {
  const field = request.subnet.family === 4 ? "alloc" : "alloc6";
  return new CniError(
    ErrorCode.AddressInUse,
    `${describe(request, value)} counts as taken: its bit in the network's spec.Options.${field} is set`,
    { details: "the cleaner clears that bitmap when it has turned the addresses that are held into DanmIps" },
  );
}

/** @param probes number of addresses tried; undefined when all of the pool was looked at */
function exhausted(request: AddressRequest, probes: number | undefined): CniError {
  const { subnet, subject } = request;
  const { family } = subnet;
  const range = `${formatAddress({ family, value: subnet.first })}-${formatAddress({ family, value: subnet.last })}`;
  const size = poolSize(subnet);
  const given = size <= SMALL_POOL ? countDynamic(subnet) : size;
  const why = probes === undefined
    ? `all ${given} that it may give are held`
    : `${probes} addresses tried at random are all held`;
  return new CniError(ErrorCode.PoolExhausted, `pool ${range} (${size} addresses) of ${subject} is exhausted: ${why}`, {
    details: "delete Pods that are no longer needed, or enlarge the pool",
  });
}

function countDynamic(subnet: Subnet): number {
  let count = 0;
  for (let value = subnet.first; value <= subnet.last; value++) if (isDynamic(subnet, value)) count++;
  return count;
}
