import type { Run } from "../shared/host/run.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import type { Logger } from "../shared/log.ts";
import { findText, writeAtomically } from "./atomic_file.ts";
import { readConfFiles } from "./conf_files.ts";
import { findDelegate } from "./find_delegate.ts";
import { CONF_NAME, confPath, type HostPaths, kubeconfigPath } from "./host_paths.ts";
import { ConfError, type ConfFile, planDefaultConf, planShadows } from "./plan_default_conf.ts";
import { askPluginStatus } from "./plugin_status.ts";
import { type ConfFacts, renderConf, renderStatusRequest } from "./render_conf.ts";
import type { Settings } from "./settings.ts";

/** What our configuration is kept with. */
export interface ConfDeps {
  readonly paths: HostPaths;
  readonly settings: Settings;
  readonly nodeName: string;
  /** As {@linkcode confVersion} has it. */
  readonly cniVersion: string;
  readonly client: KubeClient;
  readonly asPlugin: KubeClient;
  readonly run: Run;
  /** Folders in which the host's commands are, as this process sees them. */
  readonly commandPath: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Sees to it that the runtime uses our plugin, once it can attach Pods: the network `default` exists, its delegate is
 * there, and the plugin itself says so. What the configuration says is brought up to date under the same conditions;
 * otherwise the one that is there stays.
 *
 * @returns the text of the configuration
 * @throws {ApiError}
 * @throws {Error} saying what is missing
 */
export async function keepConf(deps: ConfDeps): Promise<string> {
  const { paths, settings, log } = deps;
  const files = await readConfFiles(paths.confDir);
  const conf = settings.defaultNetwork === "given" ? undefined : await findDelegate(files, deps);
  const facts: ConfFacts = {
    settings,
    nodeName: deps.nodeName,
    kubeconfig: kubeconfigPath(paths),
    confDir: paths.confDir,
    cniVersion: deps.cniVersion,
    formerFile: findFormer(files, settings),
    capabilities: conf?.capabilities ?? {},
  };
  const text = renderConf(facts);
  await askPluginStatus(renderStatusRequest(facts), deps);
  if (await putConf(paths, text)) log.info("our CNI configuration is written", { default: conf?.file });
  return text;
}

/** Name of the configuration that the runtime uses without ours, with which it attached the Pods that were there first. */
function findFormer(files: readonly ConfFile[], { defaultConf: wanted }: Settings): string | undefined {
  try {
    return planDefaultConf(files, { ours: CONF_NAME, wanted }).file;
  } catch (error) {
    if (!(error instanceof ConfError)) throw error;
    // There is none, or none that works: then there are no such Pods.
    return undefined;
  }
}

/**
 * Puts our configuration in its place, unless it is there.
 *
 * @returns whether it was not
 * @throws {Error} when the runtime would not use it
 */
export async function putConf(paths: HostPaths, text: string): Promise<boolean> {
  const names = (await readConfFiles(paths.confDir)).map(({ name }) => name);
  const [shadow] = planShadows(names, CONF_NAME);
  if (shadow !== undefined) {
    throw new Error(`the runtime uses ${shadow}, whose name sorts before ${CONF_NAME}: rename it`);
  }
  const path = confPath(paths);
  if (await findText(path) === text) return false;
  await writeAtomically(path, text, { mode: 0o644 });
  return true;
}
