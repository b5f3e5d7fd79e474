import { CniError, ErrorCode } from "../shared/errors.ts";
import { formatAddress } from "../shared/schema/address.ts";
import type { AddressRequest } from "./address_request.ts";
import { STATUS_INTERVAL_SECONDS } from "./allocate_free_candidates.ts";
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
  /** Of the addresses that the pool may give dynamically, those held at the last list; undefined = never listed. */
  readonly listed?: number | undefined;
}

/** No free address was found; the message says how large the pool is, what is held as far as that is known, and since when. */
export function poolExhausted(request: AddressRequest, search: Search): CniError {
  const given = countDynamic(request.subnet);
  const reasons = given === 0
    ? ["all of it is reserved, or taken in the legacy bitmap"]
    : [triedOf(search), ...heldOf(request, { ...search, given })];
  return new CniError(ErrorCode.PoolExhausted, `${describePool(request)} is exhausted: ${reasons.join("; ")}`, {
    details: "delete Pods that are no longer needed, or enlarge the pool",
  });
}

/** Addresses were free each time that the pool was listed, and held by others when they were asked for. */
export function poolContended(request: AddressRequest, search: Search): CniError {
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

function triedOf({ probes }: Search): string {
  return `${probes} ${probes === 1 ? "address was" : "addresses were"} tried, all held`;
}

function heldOf({ status }: AddressRequest, { listed, given }: Search & { given: number }): string[] {
  if (listed !== undefined) return [`${listed} of ${given} were held when listed just now`];
  if (!status) return [];
  const age = `up to ${STATUS_INTERVAL_SECONDS} s ago, longer if it does not run`;
  return [`${status.allocated} of ${status.capacity} were held when the cleaner last counted (${age})`];
}
