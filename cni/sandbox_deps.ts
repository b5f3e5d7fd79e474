import type { NodeDeps } from "../ipam/record_keeper.ts";
import type { Run } from "../shared/host/run.ts";
import type { SandboxRecord } from "./record.ts";

/** What attaching and detaching a sandbox needs of the world. */
export interface SandboxDeps extends NodeDeps<SandboxRecord> {
  readonly run: Run;
  /** Milliseconds on a monotonic clock. */
  readonly monotonicMs: () => number;
}
