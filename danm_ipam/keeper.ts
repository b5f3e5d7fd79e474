import type { AllocationRecord } from "../ipam/allocation_record.ts";
import { openRecord } from "../ipam/open_record.ts";
import type { NodeDeps, RecordKeeper } from "../ipam/record_keeper.ts";
import { markDetaching, releaseRecord } from "../ipam/release_record.ts";

/** The mark of our addresses in DanmIps; see `plugin` there. */
export const PLUGIN = "danm-ipam";

/** How `danm-ipam` keeps its records: there is nothing to undo but the addresses. */
export function createKeeper(deps: NodeDeps<AllocationRecord>): RecordKeeper<AllocationRecord> {
  return {
    deps,
    open: (file, { signal, known }) =>
      openRecord(file, { deps, signal, known, plugin: PLUGIN, rebuild: (record) => record }),
    detach: (record, { signal }) =>
      releaseRecord(markDetaching(record, deps), { deps, signal, doubtful: (left) => left }),
  };
}
