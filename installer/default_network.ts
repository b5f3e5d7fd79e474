import { AlreadyExists, NotFound } from "../shared/kube/api_error.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { DEFAULT_NETWORK } from "../shared/kube/networks.ts";
import type { Logger } from "../shared/log.ts";
import { API_VERSION } from "../shared/schema/meta.ts";
import { type Network, parseNetwork } from "../shared/schema/network.ts";
import { resourcePath } from "../shared/schema/resources.ts";
import type { DefaultConf } from "./plan_default_conf.ts";

/** With what the network `default` is looked for, and made. */
export interface DefaultNetworkDeps {
  /** As the plugins, whose token, rights and way to the API server are tried in passing. */
  readonly asPlugin: KubeClient;
  /** As the installer. */
  readonly client: KubeClient;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * The ClusterNetwork `default`, with which Pods that ask for nothing get what they got before; made of the configuration
 * that the runtime would use without ours, if there is none. One that an administrator made counts as it is.
 *
 * @param conf gives that configuration when it is needed
 * @throws {ApiError}
 * @throws {Error} when the kind ClusterNetwork is not installed
 */
export async function ensureDefaultNetwork(
  { asPlugin, client, log, signal }: DefaultNetworkDeps,
  conf: () => Promise<DefaultConf>,
): Promise<Network> {
  const path = resourcePath("ClusterNetwork", { name: DEFAULT_NETWORK });
  const read = async (): Promise<Network> => parseNetwork("ClusterNetwork", await asPlugin.get(path, { signal }));
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    if (error.details === undefined) {
      throw new Error("this cluster does not have the kind ClusterNetwork, which the network `default` is of", {
        cause: error,
      });
    }
  }
  const { networkID, type, file } = await conf();
  const network = {
    apiVersion: API_VERSION,
    kind: "ClusterNetwork",
    metadata: { name: DEFAULT_NETWORK },
    spec: { NetworkID: networkID, NetworkType: type },
  };
  try {
    await client.create(resourcePath("ClusterNetwork"), network, { signal });
    log.info("ClusterNetwork default created", { networkID, type, file });
  } catch (error) {
    // The installer of another node was faster.
    if (!(error instanceof AlreadyExists)) throw error;
  }
  return await read();
}
