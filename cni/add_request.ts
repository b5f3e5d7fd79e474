import type { PodIdentity } from "../shared/cni/cni_args.ts";
import type { VerbRequest } from "../shared/cni/plugin.ts";
import type { NetConf } from "../shared/schema/netconf.ts";

/** An ADD, its environment and configuration checked. */
export interface AddRequest extends VerbRequest {
  readonly netconf: NetConf;
  readonly identity: PodIdentity;
  /** Name of the Node object where neither configuration nor Pod tell. */
  readonly hostname: string;
  /** Directory of delegates' configurations where ours does not say. */
  readonly confDir: string;
  /** Boot clock when the plugin was called. */
  readonly startedAt: number;
  /** Aborts when the time for the whole ADD is over. */
  readonly signal: AbortSignal;
}
