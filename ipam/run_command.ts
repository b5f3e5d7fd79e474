import { toCniError } from "../shared/cni/to_cni_error.ts";
import type { Logger } from "../shared/log.ts";
import type { AllocationRecord } from "./allocation_record.ts";
import type { RecordKeeper } from "./record_keeper.ts";
import { isShortage, sweep } from "./sweep.ts";

/** One command of a plugin, its configuration read. */
export interface Prepared<R extends AllocationRecord, T> {
  readonly keeper: RecordKeeper<R>;
  /** Time for the command's own work. */
  readonly timeoutMs: number;
  work(signal: AbortSignal): Promise<T>;
}

/** What a command is, for messages and the log. */
export interface CommandInfo {
  /** `ADD of sandbox c1` */
  readonly what: string;
  /** CNI_ARGS, for the log. */
  readonly args?: string;
  /** Whether it looks after what others left, when its own work is done. */
  readonly sweeps: boolean;
}

/** Time for looking after what others left, in milliseconds. */
const SWEEP_MS = 2000;

/**
 * Runs one command of a plugin that keeps records: its own work, then a sweep; also when an ADD found no address, since
 * what others left may be what is missing.
 *
 * @param prepare reads the configuration and what else can fail before any work
 * @throws {CniError} of whatever failed, which is in the log, too
 */
export async function runCommand<R extends AllocationRecord, T>(
  { what, args, sweeps, log }: CommandInfo & { readonly log: Logger },
  prepare: () => Prepared<R, T>,
): Promise<T> {
  let prepared: Prepared<R, T> | undefined;
  const sweepAfter = async (): Promise<void> => {
    if (prepared && sweeps) await sweep(prepared.keeper, AbortSignal.timeout(SWEEP_MS));
  };
  try {
    prepared = prepare();
    const result = await prepared.work(AbortSignal.timeout(prepared.timeoutMs));
    await sweepAfter();
    return result;
  } catch (error) {
    const failure = toCniError(error, what);
    log.error(`${what} failed`, { ...(args && { args }), code: failure.code, error: failure.message });
    if (isShortage(failure)) await sweepAfter();
    throw failure;
  }
}
