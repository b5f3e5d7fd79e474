import { collect } from "../ipam/collect.ts";
import type { AllocationRecord } from "../ipam/allocation_record.ts";
import type { NodeDeps } from "../ipam/record_keeper.ts";
import type { GcRequest } from "../shared/cni/plugin.ts";
import { createKeeper } from "./keeper.ts";

/**
 * Releases the addresses of attachments that are no longer valid, and removes what stands for those that ended long ago.
 * A runtime that says nothing of what is valid changes nothing.
 *
 * @throws {AggregateError} of everything that could not be released; the rest is done all the same
 */
export async function gc(
  request: GcRequest & { readonly signal: AbortSignal },
  deps: NodeDeps<AllocationRecord>,
): Promise<void> {
  const { networkName, validAttachments: valid, signal } = request;
  if (!valid) return;
  try {
    await collect({ networkName, valid, signal }, createKeeper(deps));
  } finally {
    deps.records.removeTombstones();
  }
}
