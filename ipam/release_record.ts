import type { AllocationRecord } from "./allocation_record.ts";
import { messageOf } from "../shared/errors.ts";
import { release } from "./claim.ts";
import { type Doubtful, turnDoubtful } from "./doubtful_record.ts";
import { isInDoubt, Ledger } from "./ledger.ts";
import { claimDepsOf, type NodeDeps } from "./record_keeper.ts";

/**
 * Releases what a record names, endpoints before addresses, and ends it: it is removed, or stays as doubtful where a
 * write may still take effect, or stays as it is where something failed.
 *
 * @param options.failed interfaces that something of is left, with the reasons; their objects are kept: nobody else may
 *   get an address while it is in use
 * @param options.doubtful what stays of a record of which only writes of unknown fate are left
 * @throws {AggregateError} of everything that failed, before and here; calling again goes on with it
 */
export async function releaseRecord<R extends AllocationRecord>(
  record: R,
  options: {
    deps: NodeDeps<R>;
    signal: AbortSignal;
    failed?: { interfaces: ReadonlySet<string>; errors: readonly unknown[] };
    doubtful: Doubtful<R>;
  },
): Promise<void> {
  const { deps, signal, failed, doubtful } = options;
  const kept = new Set(failed?.interfaces);
  const errors = [...failed?.errors ?? []];
  const ledger = new Ledger(record.objects, { save: () => {}, clock: deps.clock });
  const claims = claimDepsOf(deps, { ledger, containerID: record.containerID });
  for (const kind of ["DanmEp", "DanmIp"] as const) {
    const objects = ledger.objects.filter((object) => object.kind === kind && !kept.has(object.interface));
    await Promise.all(objects.map((object) =>
      release(object, { deps: claims, signal }).catch((error) => {
        errors.push(error);
        kept.add(object.interface);
      })
    ));
  }
  const left: R = { ...record, objects: [...ledger.objects] };
  if (errors.length > 0) {
    try {
      deps.records.write(left);
    } catch (error) {
      // What is on disk names more than is left, which does no harm.
      errors.push(error);
    }
    throw new AggregateError(errors, "");
  }
  if (left.objects.some((object) => isInDoubt(object, deps.clock()))) {
    turnDoubtful(left, { deps, doubtful });
  } else deps.records.remove(record);
}

/** Says that the record is being undone: from here on the sweep goes on with it if nobody else does. */
export function markDetaching<R extends AllocationRecord>(record: R, deps: NodeDeps<R>): R {
  if (record.state !== "attached") return record;
  try {
    return deps.records.move(record, "detaching");
  } catch (error) {
    deps.log.warn("a record cannot say that its sandbox is being detached", { error: messageOf(error) });
    return record;
  }
}
