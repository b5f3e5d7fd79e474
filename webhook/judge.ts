import type { NamingScheme } from "../ipam/plan_interfaces.ts";
import type { Logger } from "../shared/log.ts";
import type { AdmissionRequest } from "./admission_request.ts";
import type { Cluster } from "./cluster.ts";
import type { Verdict } from "./verdict.ts";

/** What every judge has besides the request. */
export interface JudgeContext {
  readonly cluster: Cluster;
  readonly log: Logger;
  /** Ends with the request's time; whatever waits has to end with it. */
  readonly signal: AbortSignal;
  /** `namingScheme` of the plugin's configuration in this cluster. Absent = its default. */
  readonly namingScheme?: NamingScheme;
}

/**
 * Judges one request. What the user can mend is a denial; a thrown error is a fault of ours or of the API server, and
 * answered as such.
 */
export type Judge = (request: AdmissionRequest, context: JudgeContext) => Promise<Verdict>;
