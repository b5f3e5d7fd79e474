import type { AddressRequest } from "./address_request.ts";
import type { AllocatorDeps } from "./allocator_deps.ts";
import { takeDynamic } from "./dynamic_address.ts";
import { takeStatic } from "./static_address.ts";

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
  return request.static === undefined
    ? await takeDynamic(request, options)
    : await takeStatic(request, { ...options, value: request.static });
}
