import { parseAddress } from "../shared/schema/address.ts";
import { spaceOf } from "../shared/schema/space.ts";
import type { AddressRequest } from "./address_request.ts";
import { firstCandidate, freeAddresses, shuffled } from "./allocate_candidates.ts";
import { Probes, PROBING } from "./allocate_probes.ts";
import { freedOf } from "./allocate_freed.ts";
import { poolContended, poolExhausted } from "./allocation_errors.ts";
import type { AllocatorDeps } from "./allocator_deps.ts";
import { claimAddress } from "./claim_address.ts";
import { freedPool } from "./note_freed.ts";
import { poolSize } from "./subnet.ts";

/**
 * Lists of a pool. One is enough where no address is released meanwhile: whoever finds all that were free at his list
 * taken has met as many others who each took one.
 */
const LISTS = 2;

interface TakeOptions {
  readonly deps: AllocatorDeps;
  readonly signal: AbortSignal;
}

interface SearchOptions extends TakeOptions {
  readonly probes: Probes;
  /** What this node freed last of the pool, the latest first. */
  readonly freed: readonly bigint[];
}

/**
 * Takes any address of the pool that is free: some are tried by name, of a tiny pool all; a small one is then listed.
 * What this node freed last is tried when nothing else is left.
 *
 * @throws {CniError} code 100 when none was found; 11 when others were quicker again and again
 * @throws {ApiError} when the API server refuses or does not answer
 */
export async function takeDynamic(request: AddressRequest, options: TakeOptions): Promise<bigint> {
  const { subnet, holder, status } = request;
  const { hints, nodeOffset, probing: policy = PROBING, random } = options.deps;
  const pool = hintName(request);
  const freed = freedOf(subnet, hints.freed(freedPool(holder.space, subnet.family)));
  const hinted = hints.take(pool, (lastTaken) => firstCandidate(subnet, { lastTaken, freed, nodeOffset }));
  const probes = new Probes(subnet, { status, freed, policy, random });
  const search = { ...options, probes, freed };
  const value = await takeProbed(request, { ...search, first: hinted }) ??
    (probes.triedAll || poolSize(subnet) > policy.listUpTo ? undefined : await takeListed(request, search));
  if (value === undefined) {
    throw poolExhausted(request, { probes: probes.misses, by: probes.triedAll ? "names" : "sample" });
  }
  // One that was hinted is remembered since then, and others may have gone on from it: saying it again would turn back.
  if (value !== hinted) hints.remember(pool, value);
  return value;
}

/**
 * Where a node goes on is of one pool: networks that share an address space may have different ones. No longer than the
 * name of a file may be, as names of networks are bounded (decision 2).
 */
function hintName({ subnet, holder }: AddressRequest): string {
  const { networkKind: kind, networkNamespace: namespace, networkName: name } = holder;
  return `${spaceOf({ kind, namespace, name })}.${subnet.family}`;
}

/** Tries addresses by name. */
async function takeProbed(
  request: AddressRequest,
  options: SearchOptions & { first: bigint | undefined },
): Promise<bigint | undefined> {
  const { probes, first } = options;
  for (let value = first ?? probes.next(); value !== undefined; value = probes.next()) {
    if (await claimAddress(request, { ...options, value })) return value;
    probes.miss(value);
  }
  return undefined;
}

/** Decides a small pool by what is really held: it counts as exhausted only if a list says so. */
async function takeListed(request: AddressRequest, options: SearchOptions): Promise<bigint> {
  const { subnet, holder } = request;
  const { deps, signal, probes, freed } = options;
  for (let list = 0; list < LISTS; list++) {
    const addresses = await deps.objects.listAddresses(holder.space, signal);
    const held = new Set(
      addresses.map(parseAddress).filter(({ family }) => family === subnet.family).map(({ value }) => value),
    );
    const free = freeAddresses(subnet, held);
    const last = freed.filter((value) => free.includes(value)).reverse();
    // In an order of each caller's own: those who list at once must not all want the same address.
    for (const value of [...shuffled(free.filter((value) => !last.includes(value)), deps.random), ...last]) {
      if (await claimAddress(request, { ...options, value })) return value;
      probes.miss(value);
    }
    if (free.length === 0) throw poolExhausted(request, { probes: probes.misses, by: "list" });
  }
  throw poolContended(request, { probes: probes.misses });
}
