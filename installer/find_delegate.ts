import { type DefaultNetworkDeps, ensureDefaultNetwork } from "./default_network.ts";
import { CONF_NAME, type HostPaths } from "./host_paths.ts";
import { type ConfFile, type DefaultConf, planDefaultConf, readDefaultConf } from "./plan_default_conf.ts";
import type { Network } from "../shared/schema/network.ts";
import type { Settings } from "./settings.ts";

/** Types of networks that need no configuration on the node. */
const WITHOUT_FILE: readonly string[] = ["ipvlan", "macvlan", "sriov"];

/**
 * The configuration that the network `default` names, with all of its plugins where ours are; undefined when the network
 * needs none. The network is created of the configuration that the runtime uses without ours, if there is none.
 *
 * @param files what is in the runtime's folder
 * @throws {ApiError}
 * @throws {Error} saying what does not fit, or is missing
 */
export async function findDelegate(
  files: readonly ConfFile[],
  deps: DefaultNetworkDeps & { readonly settings: Settings; readonly paths: HostPaths },
): Promise<DefaultConf | undefined> {
  const { settings, paths } = deps;
  const network = await ensureDefaultNetwork(deps, () => {
    const conf = planDefaultConf(files, { ours: CONF_NAME, wanted: settings.defaultConf });
    return requirePlugins(conf, paths);
  });
  if (WITHOUT_FILE.includes(network.spec.NetworkType)) return undefined;
  return await requirePlugins(confOf(network, { files, paths }), paths);
}

function confOf(
  { spec: { NetworkID = "", NetworkType } }: Network,
  { files, paths }: { files: readonly ConfFile[]; paths: HostPaths },
): DefaultConf {
  const file = files.find(({ name }) => name === `${NetworkID}.conf`) ??
    files.find(({ name }) => name === `${NetworkID}.conflist`);
  if (!file) {
    throw new Error(
      `ClusterNetwork default names ${NetworkID}, and neither ${NetworkID}.conf nor ${NetworkID}.conflist is in ` +
        `${paths.confDir}: put the configuration of this node's CNI plugin there under that name`,
    );
  }
  const conf = readDefaultConf(file);
  if (conf.type === NetworkType) return conf;
  throw new Error(`ClusterNetwork default is of type ${NetworkType}, but ${file.name} of ${conf.type}: correct one`);
}

/** Delegates are looked for where the runtime looks for us. */
async function requirePlugins(conf: DefaultConf, { pluginDir }: HostPaths): Promise<DefaultConf> {
  for (const type of conf.types) {
    try {
      await Deno.stat(`${pluginDir}/${type}`);
    } catch (cause) {
      throw new Error(`${conf.file} needs the plugin ${type}, which is not in ${pluginDir}`, { cause });
    }
  }
  return conf;
}
