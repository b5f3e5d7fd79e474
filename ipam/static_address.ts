import { CniError, ErrorCode } from "../shared/errors.ts";
import { addressInBitmap, addressInUse, describeAddress } from "./allocation_errors.ts";
import type { AddressRequest, Holder } from "./address_request.ts";
import { claimAddress, danmIpOf } from "./claim_address.ts";
import type { ClaimDeps } from "./claim.ts";
import type { StoredObject } from "./stored_object.ts";
import { isInBitmap } from "./subnet.ts";

/** How often an address is asked for that its holder gives up meanwhile. */
const ROUNDS = 3;

/**
 * Takes the address that a Pod asks for; from an older sandbox of the same interface of the same Pod it is taken over.
 *
 * @throws {CniError} code 101 when it is in use, naming its holder; 11 when it changes hands again and again
 * @throws {ApiError} when the API server refuses or does not answer
 */
export async function takeStatic(
  request: AddressRequest,
  options: { deps: ClaimDeps; signal: AbortSignal; value: bigint },
): Promise<bigint> {
  const { deps, signal, value } = options;
  const object = danmIpOf(request, value);
  if (isInBitmap(request.subnet, value)) throw addressInBitmap(request, value);
  for (let round = 0; round < ROUNDS; round++) {
    if (await claimAddress(request, options)) return value;
    const stored = await deps.objects.find(object, signal);
    if (!stored) continue;
    if (!isSuperseded(stored, request.holder)) throw addressInUse(request, { value, stored });
    const { uid, resourceVersion } = stored;
    await deps.objects.remove(object, { uid, resourceVersion, signal });
  }
  throw new CniError(ErrorCode.TryAgain, `${describeAddress(request, value)} changes hands again and again`);
}

/**
 * The same interface of the same Pod on the same node holds it, from an older sandbox or from an attempt of this one
 * that its record does not know any more: of one Pod UID only the newest sandbox lives.
 */
function isSuperseded(stored: StoredObject, holder: Holder): boolean {
  return stored.podUID === holder.podUID && stored.node === holder.node && stored.interface === holder.interface;
}
