import { parseAddress } from "../shared/schema/address.ts";
import type { AddressRequest } from "./address_request.ts";
import { firstCandidate, freeAddresses, shuffled } from "./allocate_candidates.ts";
import { Probes, PROBING } from "./allocate_probes.ts";
import { poolContended, poolExhausted } from "./allocation_errors.ts";
import type { AllocatorDeps } from "./allocator_deps.ts";
import { claimAddress } from "./claim_address.ts";
import { countDynamic } from "./next_dynamic.ts";
import { poolSize } from "./subnet.ts";

/**
 * Lists of a small pool. One is enough where no address is released meanwhile: whoever finds all that were free at his
 * list taken has met as many others who each took one.
 */
const LISTS = 2;

interface TakeOptions {
  readonly deps: AllocatorDeps;
  readonly signal: AbortSignal;
}

/**
 * Takes any address of the pool that is free: some are tried by name, then a small pool is listed.
 *
 * @throws {CniError} code 100 when none was found; 11 when others were quicker again and again
 * @throws {ApiError} when the API server refuses or does not answer
 */
export async function takeDynamic(request: AddressRequest, options: TakeOptions): Promise<bigint> {
  const { subnet, holder } = request;
  const { hints, nodeOffset, probing: policy = PROBING, random } = options.deps;
  const pool = `${holder.space}.${subnet.family}`;
  const hinted = hints.take(pool, (lastTaken) => firstCandidate(subnet, { lastTaken, nodeOffset }));
  const probes = new Probes(subnet, { status: request.status, policy, random });
  const small = poolSize(subnet) <= policy.listUpTo;
  const value = await takeProbed(request, { ...options, probes, first: hinted }) ??
    (small && probes.misses > 0 ? await takeListed(request, { ...options, probes }) : undefined);
  if (value === undefined) throw poolExhausted(request, { probes: probes.misses });
  // One that was hinted is remembered since then, and others may have gone on from it: saying it again would turn back.
  if (value !== hinted) hints.remember(pool, value);
  return value;
}

/** Tries addresses by name. */
async function takeProbed(
  request: AddressRequest,
  options: TakeOptions & { probes: Probes; first: bigint | undefined },
): Promise<bigint | undefined> {
  const { probes, first } = options;
  for (let value = first ?? probes.next(); value !== undefined; value = probes.next()) {
    if (await claimAddress(request, { ...options, value })) return value;
    probes.miss(value);
  }
  return undefined;
}

/** Decides a small pool by what is really held: it counts as exhausted only if a list says so. */
async function takeListed(request: AddressRequest, options: TakeOptions & { probes: Probes }): Promise<bigint> {
  const { subnet, holder } = request;
  const { deps, signal, probes } = options;
  for (let list = 0; list < LISTS; list++) {
    const addresses = await deps.objects.listAddresses(holder.space, signal);
    const held = new Set(
      addresses.map(parseAddress).filter(({ family }) => family === subnet.family).map(({ value }) => value),
    );
    const free = freeAddresses(subnet, held);
    // In an order of each caller's own: those who list at once must not all want the same address.
    for (const value of shuffled(free, deps.random)) {
      if (await claimAddress(request, { ...options, value })) return value;
      probes.miss(value);
    }
    if (free.length === 0) throw poolExhausted(request, { probes: probes.misses, listed: countDynamic(subnet) });
  }
  throw poolContended(request, { probes: probes.misses });
}
