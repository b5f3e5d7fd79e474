import { formatAddress } from "../shared/schema/address.ts";
import { danmIpName } from "../shared/schema/danm_ip.ts";
import type { AddressRequest } from "./address_request.ts";
import { claim, type ClaimDeps } from "./claim.ts";
import type { OwnedObject } from "./ledger.ts";

/**
 * Takes a certain address by creating its DanmIp.
 *
 * @returns false when somebody holds it
 * @throws {ApiError} when the API server refuses or does not answer
 */
export async function claimAddress(
  request: AddressRequest,
  options: { deps: ClaimDeps; signal: AbortSignal; value: bigint },
): Promise<boolean> {
  const { holder, subnet: { family } } = request;
  const spec = { ...holder, address: formatAddress({ family, value: options.value }) };
  return await claim(danmIpOf(request, options.value), spec, options) !== undefined;
}

/** The object that holding the address means. */
export function danmIpOf({ holder, subnet: { family } }: AddressRequest, value: bigint): OwnedObject {
  return { kind: "DanmIp", name: danmIpName({ family, value }, holder.space), interface: holder.interface };
}
