import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import { elapsedSeconds } from "../shared/host/boot_clock.ts";
import { MAX_TIMEOUT_MS } from "../shared/schema/netconf.ts";
import type { AllocationRecord } from "./allocation_record.ts";
import { buryQuietly } from "./bury.ts";
import type { RecordKeeper } from "./record_keeper.ts";
import type { RecordFile } from "./record_store.ts";

/** What GC is told. */
export interface CollectRequest {
  /** `name` of the CNI configuration: attachments of others are not known to this runtime. */
  readonly networkName: string;
  /** What must stay. */
  readonly valid: readonly { readonly containerID: string; readonly ifname: string }[];
  readonly signal: AbortSignal;
}

/**
 * Detaches what this node has of attachments that are no longer valid. Nothing that somebody is at work on, and nothing
 * so young that the list of valid ones may be older. What fails does not keep the rest from being done.
 *
 * @throws {AggregateError} of everything that failed, naming the record
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#gc-clean-up-any-stale-resources
 */
export async function collect<R extends AllocationRecord>(
  request: CollectRequest,
  keeper: RecordKeeper<R>,
): Promise<void> {
  const valid = new Set(request.valid.map(({ containerID, ifname }) => `${containerID}~${ifname}`));
  const errors: unknown[] = [];
  for (const file of keeper.deps.records.list()) {
    if (file.state === "doubtful" || valid.has(`${file.containerID}~${file.ifname}`)) continue;
    try {
      await collectOne(file, { request, keeper });
    } catch (cause) {
      errors.push(new CniError(ErrorCode.TryAgain, `record ${file.path}: ${messageOf(cause)}`, { cause }));
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, "");
}

/**
 * A record that was damaged does not know its configuration any more: the list of valid attachments may be another one's,
 * and its sandbox may live. Such a one is collected when its sandbox's network namespace is gone, which DanmEps tell;
 * addresses without a DanmEp wait for DEL, or for the next sandbox of their Pod on this node.
 */
async function collectOne<R extends AllocationRecord>(
  file: RecordFile,
  { request: { networkName, signal }, keeper }: { request: CollectRequest; keeper: RecordKeeper<R> },
): Promise<void> {
  const { records, clock, log } = keeper.deps;
  using lock = records.tryLock(file);
  if (!lock) return;
  const [still] = records.find(file).filter(({ state }) => state !== "doubtful");
  if (!still) return;
  const record = await keeper.open(still, { signal });
  const ours = record.networkName === networkName || (record.networkName === "" && keeper.isOver?.(record));
  if (!ours || isYoung(record.startedAt, clock())) return;
  await keeper.detach(record, { signal });
  const { containerID, ifname, pod } = record;
  buryQuietly(lock, { log, containerID });
  log.info("collected", { pod: `${pod.namespace}/${pod.name}`, containerID, ifname });
}

/** A time behind now is from before the last boot. */
function isYoung(startedAt: number, now: number): boolean {
  return startedAt <= now && elapsedSeconds(startedAt, now) * 1000 < MAX_TIMEOUT_MS;
}
