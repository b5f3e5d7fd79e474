import type { CniResult } from "./cni_result.ts";
import type { CniVersion } from "./cni_version.ts";

/** What every verb is given: the configuration, decoded, and where plugins are. STATUS is given nothing else. */
export interface HostRequest {
  readonly cniVersion: CniVersion;
  /** The configuration's `name`. */
  readonly networkName: string;
  /** Directories of CNI_PATH. */
  readonly path: readonly string[];
  readonly conf: Readonly<Record<string, unknown>>;
}

/** What ADD, DEL and CHECK are given: the environment, checked. */
export interface VerbRequest extends HostRequest {
  readonly containerID: string;
  /** Path of the network namespace; empty where the runtime has none (DEL after a reboot). */
  readonly netns: string;
  readonly ifname: string;
  readonly args: string;
  /**
   * ADD: the result of the plugins that ran before, absent for the first. CHECK: what ADD ended with, absent where the
   * caller passed none. DEL is given none, because it must do without.
   */
  readonly prevResult?: CniResult;
}

/** An attachment as runtimes tell one from another. */
export interface Attachment {
  readonly containerID: string;
  readonly ifname: string;
}

/** What GC is given. */
export interface GcRequest extends HostRequest {
  /** What must stay; undefined = the runtime did not say, so everything must. */
  readonly validAttachments: readonly Attachment[] | undefined;
}

/** The verbs of a plugin. VERSION is answered without the plugin's help. */
export interface Verbs {
  add(request: VerbRequest): Promise<CniResult>;
  del(request: VerbRequest): Promise<void>;
  check?(request: VerbRequest): Promise<void>;
  gc?(request: GcRequest): Promise<void>;
  status?(request: HostRequest): Promise<void>;
}

/** What CNI_COMMAND says to call a verb. */
export type Command = Uppercase<keyof Verbs>;
