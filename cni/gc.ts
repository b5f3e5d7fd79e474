import { collect } from "../ipam/collect.ts";
import type { GcRequest } from "../shared/cni/plugin.ts";
import { CniError } from "../shared/errors.ts";
import { delegateGc } from "./delegate_upkeep.ts";
import type { SandboxRecord } from "./record.ts";
import type { SandboxDeps } from "./sandbox_deps.ts";
import { createSandboxKeeper } from "./sandbox_keeper.ts";

/**
 * Frees everything that this node has of sandboxes that are no longer valid, on all networks: links, addresses, DanmEps,
 * what delegates hold. Then the delegates of the others do the same with what only they know of. A runtime that says
 * nothing of what is valid changes nothing.
 *
 * @throws {AggregateError} of everything that failed; the rest is done all the same
 */
export async function gc(request: GcRequest & { readonly signal: AbortSignal }, deps: SandboxDeps): Promise<void> {
  const { networkName, validAttachments: valid, signal, path } = request;
  if (!valid) return;
  const before = readAttached(networkName, deps);
  const errors: unknown[] = [];
  await collect({ networkName, valid, signal }, createSandboxKeeper(deps)).catch((error) => errors.push(error));
  // Runtimes know one interface of a sandbox, delegates the others.
  const left = readAttached(networkName, deps).flatMap(({ containerID, delegates }) =>
    delegates.map((call) => ({ containerID, ifname: call.interface }))
  );
  await delegateGc(before.flatMap(({ delegates }) => delegates), {
    context: { run: deps.run, path, signal },
    valid: [...valid, ...left],
  }).catch((error) => errors.push(error));
  deps.records.removeTombstones();
  if (errors.length > 0) throw new AggregateError(errors, "");
}

/** Records that cannot be read are left to their own DEL. */
function readAttached(networkName: string, { records, log }: SandboxDeps): SandboxRecord[] {
  return records.list().filter(({ state }) => state === "attached").flatMap((file) => {
    try {
      const record = records.read(file);
      return record.networkName === networkName ? [record] : [];
    } catch (error) {
      if (!(error instanceof CniError)) throw error;
      log.warn("a record is damaged; GC of its delegates does not know of it", { record: file.path });
      return [];
    }
  });
}
