import { collect } from "../ipam/collect.ts";
import type { RecordFile } from "../ipam/record_store.ts";
import type { GcRequest } from "../shared/cni/plugin.ts";
import { CniError } from "../shared/errors.ts";
import { delegateGc } from "./delegate_upkeep.ts";
import type { DelegateCall, SandboxRecord } from "./record.ts";
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
  const { networkName, validAttachments: valid, signal } = request;
  if (!valid) return;
  const calls = readRecords(deps).known.filter((record) => record.networkName === networkName)
    .flatMap(({ delegates }) => delegates);
  const errors: unknown[] = [];
  await collect({ networkName, valid, signal }, createSandboxKeeper(deps)).catch((error) => errors.push(error));
  await gcOfDelegates(calls, { request: { ...request, valid }, deps }).catch((error) => errors.push(error));
  deps.records.removeTombstones();
  if (errors.length > 0) throw new AggregateError(errors, "");
}

/**
 * Runtimes know one interface of a sandbox, delegates the others: what is left on this node is valid to them, be it of
 * another configuration (both may use one file of a delegate) or still being attached.
 */
async function gcOfDelegates(
  calls: readonly DelegateCall[],
  { request: { valid, signal, path }, deps }: {
    request: GcRequest & { valid: NonNullable<GcRequest["validAttachments"]>; signal: AbortSignal };
    deps: SandboxDeps;
  },
): Promise<void> {
  const { known, unknown } = readRecords(deps);
  if (unknown.length > 0) {
    deps.log.warn("GC of delegates is left out: nobody knows what they have for sandboxes whose records were damaged", {
      records: unknown.map((file) => file.path),
    });
    return;
  }
  const left = known.flatMap(({ containerID, delegates }) =>
    delegates.map((call) => ({ containerID, ifname: call.interface }))
  );
  await delegateGc(calls, { context: { run: deps.run, path, signal }, valid: [...valid, ...left] });
}

/** Records of sandboxes, and those that are damaged, or were: what is made again of one knows no delegates. */
function readRecords({ records }: SandboxDeps): { known: SandboxRecord[]; unknown: RecordFile[] } {
  const known: SandboxRecord[] = [];
  const unknown: RecordFile[] = [];
  for (const file of records.list().filter(({ state }) => state !== "doubtful")) {
    try {
      const record = records.read(file);
      if (record.networkName === "") unknown.push(file);
      else known.push(record);
    } catch (error) {
      if (!(error instanceof CniError)) throw error;
      // Another command may have ended with it since it was listed.
      if (records.has(file)) unknown.push(file);
    }
  }
  return { known, unknown };
}
