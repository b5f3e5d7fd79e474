import { basename, dirname } from "node:path";
import { RELAY_SOCKET } from "../shared/schema/relay.ts";

/** Where things are on the node. The installer's container has these folders under the same paths as the host. */
export interface HostPaths {
  /** Where the runtime looks for CNI plugins. */
  readonly pluginDir: string;
  /** Where the runtime looks for CNI configurations. */
  readonly confDir: string;
  /** Folder of our versions. */
  readonly installDir: string;
  /** Folder of the folders in which the plugins keep their records. */
  readonly stateDir: string;
  /** Folder of what ends with the node's run. */
  readonly runDir: string;
}

/** The places of a usual node. */
export const USUAL_PATHS: HostPaths = {
  pluginDir: "/opt/cni/bin",
  confDir: "/etc/cni/net.d",
  installDir: "/var/lib/danm",
  stateDir: "/var/lib/cni",
  runDir: dirname(RELAY_SOCKET),
};

/** The plugins that runtimes and other plugins start, by the names of their launchers. */
export const PLUGINS = ["danm", "danm-ipam", "fakeipam"] as const;

/** Our configuration; it sorts before those of others. */
export const CONF_NAME = "00-danm.conflist";

/** Path of our configuration. */
export function confPath({ confDir }: HostPaths): string {
  return `${confDir}/${CONF_NAME}`;
}

/** Folder of what belongs to our configuration. Runtimes read no folders. */
export function ownConfDir({ confDir }: HostPaths): string {
  return `${confDir}/danm.d`;
}

/** Path of the plugins' kubeconfig. */
export function kubeconfigPath(paths: HostPaths): string {
  return `${ownConfDir(paths)}/kubeconfig.json`;
}

/** Path of the relay's socket. */
export function relayPath({ runDir }: HostPaths): string {
  return `${runDir}/${basename(RELAY_SOCKET)}`;
}
