import { CniError, ErrorCode } from "../shared/errors.ts";
import { formatAddress } from "../shared/schema/address.ts";
import type { AddressRequest } from "./address_request.ts";
import { STATUS_INTERVAL_SECONDS } from "./allocate_free_candidates.ts";
import { isFull } from "./allocate_probes.ts";
import { countDynamic } from "./next_dynamic.ts";
import type { StoredObject } from "./stored_object.ts";
import { poolSize } from "./subnet.ts";

/** An address as messages name it. */
export function describeAddress({ subject, subnet: { family } }: AddressRequest, value: bigint): string {
  return `address ${formatAddress({ family, value })} of ${subject}`;
}

/** Somebody else holds the static address. */
export function addressInUse(request: AddressRequest, found: { value: bigint; stored: StoredObject }): CniError {
  const { podNamespace, podName, interface: ifname, node, createdAt, containerID } = found.stored;
  return new CniError(
    ErrorCode.AddressInUse,
    `${
      describeAddress(request, found.value)
    } is in use by Pod ${podNamespace}/${podName}, interface ${ifname}, on node ${node}, since ${createdAt}`,
    { details: `sandbox ${containerID}; choose another address, or delete that Pod` },
  );
}

/** A legacy bitmap says that the static address is taken; by whom is not known. */
export function addressInBitmap(request: AddressRequest, value: bigint): CniError {
  const field = request.subnet.family === 4 ? "alloc" : "alloc6";
  return new CniError(
    ErrorCode.AddressInUse,
    `${describeAddress(request, value)} counts as taken: its bit in the network's spec.Options.${field} is set`,
    { details: "the cleaner clears that bitmap when it has turned the addresses that are held into DanmIps" },
  );
}

/** What was done to find a free address, in vain. */
export interface Search {
  /** Addresses that were asked for by name. */
  readonly probes: number;
  /** What tells that none is free: every address was asked for, a list names all, or some were asked for at random. */
  readonly by: "names" | "list" | "sample";
}

/**
 * No free address was found; the message says how large the pool is, what is held as far as that is known, and since
 * when. That a pool is exhausted it says only where all of it was looked at, or its status says so.
 */
export function poolExhausted(request: AddressRequest, search: Search): CniError {
  const isSample = search.by === "sample" && !isFull(request.status);
  return new CniError(ErrorCode.PoolExhausted, isSample ? foundNone(request, search) : allHeld(request, search), {
    details: isSample
      ? `another try may find one; ${SEE_HOLDERS}, and enlarge the pool, or delete Pods, if nearly all of it is held`
      : `${SEE_HOLDERS}; delete Pods that are no longer needed, or enlarge the pool`,
  });
}

const SEE_HOLDERS = "kubectl get danmips shows who has the addresses";

function allHeld(request: AddressRequest, search: Search): string {
  const given = countDynamic(request.subnet);
  const pool = `${describePool(request)} is exhausted: `;
  if (given === 0) return `${pool}all of it is reserved, or taken in the legacy bitmap`;
  if (search.by === "names") return `${pool}each of the ${given} was held when it was tried`;
  const tried = `${pool}${triedOf(search)}; `;
  return tried + (search.by === "list" ? `${given} of ${given} were held when listed just now` : countedOf(request));
}

function foundNone(request: AddressRequest, search: Search): string {
  const counted = request.status ? `; ${countedOf(request)}` : "";
  return `no free address was found in ${describePool(request)}: ${triedOf(search)}, most of them chosen at random, ` +
    `so nearly all of it is held${counted}`;
}

/** Addresses were free each time that the pool was listed, and held by others when they were asked for. */
export function poolContended(request: AddressRequest, search: Pick<Search, "probes">): CniError {
  return new CniError(
    ErrorCode.TryAgain,
    `${describePool(request)} is nearly exhausted, and others are quicker: ${triedOf(search)}`,
    { details: "addresses of it are released and taken all the time; another try may find one" },
  );
}

function describePool({ subnet, subject }: AddressRequest): string {
  const { family } = subnet;
  const range = `${formatAddress({ family, value: subnet.first })}-${formatAddress({ family, value: subnet.last })}`;
  return `pool ${range} (${poolSize(subnet)} addresses, ${countDynamic(subnet)} given dynamically) of ${subject}`;
}

function triedOf({ probes }: Pick<Search, "probes">): string {
  return `${probes} ${probes === 1 ? "address was" : "addresses were"} tried, all held`;
}

function countedOf({ status }: AddressRequest): string {
  const age = `up to ${STATUS_INTERVAL_SECONDS} s ago, longer if it does not run`;
  return `${status?.allocated} of ${status?.capacity} were held when the cleaner last counted (${age})`;
}
