import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import { findText, preparedPath, removeIfThere } from "./atomic_file.ts";
import { readConfFiles } from "./conf_files.ts";
import { CONF_NAME, confPath, type HostPaths, ownConfDir, PLUGINS, relayPath } from "./host_paths.ts";
import { planDefaultConf } from "./plan_default_conf.ts";
import { findObstacle, SandboxTrace } from "./plan_uninstall.ts";
import { removeSocket } from "./relay_socket.ts";
import { listVersions } from "./retire_versions.ts";
import { readSettings } from "./settings.ts";

/** A name that a plugin's record may have. */
const RECORD = /\.(attaching|attached|detaching|doubtful)$/;

/** A sandbox that only our plugins can detach. */
export interface LeftSandbox {
  /** Path of its record. */
  readonly record: string;
  readonly why: string;
}

/**
 * Takes DANM off the node; repeated, it goes on where it ended. The configuration goes first: from then on the runtime
 * uses the CNI plugin that it used before, for Pods that come and Pods that go. The plugins and their records go only when
 * nobody needs them: as long as a sandbox lives that no other plugin can detach, they stay.
 *
 * @param options.settingsDir folder of the settings, one of which says which configuration the runtime is to use
 * @returns the sandboxes because of which plugins and records stayed
 */
export async function uninstall(
  paths: HostPaths,
  { log, settingsDir }: { log: Logger; settingsDir: string | undefined },
): Promise<LeftSandbox[]> {
  const name = await findNetworkName(paths, { log, wanted: await findWanted(settingsDir, log) });
  await removeIfThere(preparedPath(confPath(paths)));
  if (await removeIfThere(confPath(paths))) log.info("our CNI configuration is removed", { path: confPath(paths) });
  const left = [...await findLeft(paths, name), ...await findHeld(paths)];
  if (left.length > 0) {
    log.warn("sandboxes are left that only our plugins can detach: plugins, kubeconfig and records stay", { left });
    return left;
  }
  for (const plugin of PLUGINS) await removeLauncher(`${paths.pluginDir}/${plugin}`, paths);
  await removeTree(ownConfDir(paths));
  for (const version of await listVersions(paths.installDir)) await removeTree(`${paths.installDir}/${version}`);
  for (const plugin of ["danm", "danm-ipam"]) await removeTree(`${paths.stateDir}/${plugin}`);
  await removeIfThere(`${paths.installDir}/lock`);
  await removeSocket(relayPath(paths));
  for (const dir of [paths.installDir, paths.runDir]) await removeIfEmpty(dir);
  log.info("DANM is removed from the node");
  return [];
}

/** Settings that cannot be read must not keep a node in the hands of a plugin that nobody looks after any more. */
async function findWanted(settingsDir: string | undefined, log: Logger): Promise<string | undefined> {
  try {
    return (await readSettings(settingsDir)).defaultConf;
  } catch (error) {
    log.warn("the settings cannot be read: the runtime is to use the first configuration by name", {
      error: messageOf(error),
    });
    return undefined;
  }
}

/** `name` of the configuration that the runtime uses without ours. */
async function findNetworkName(
  { confDir }: HostPaths,
  { log, wanted }: { log: Logger; wanted: string | undefined },
): Promise<string | undefined> {
  try {
    const files = await readConfFiles(confDir);
    const { file } = planDefaultConf(files, { ours: CONF_NAME, wanted });
    const { name } = JSON.parse(files.find((one) => one.name === file)?.text ?? "{}");
    return typeof name === "string" ? name : undefined;
  } catch (error) {
    log.warn("without our CNI configuration the runtime has none", { error: messageOf(error) });
    return undefined;
  }
}

async function findLeft({ stateDir }: HostPaths, networkName: string | undefined): Promise<LeftSandbox[]> {
  const left: LeftSandbox[] = [];
  for (const record of await listRecords(`${stateDir}/danm`)) {
    const why = await judgeRecord(record, networkName);
    if (why !== undefined) left.push({ record, why });
  }
  return left;
}

async function judgeRecord(path: string, networkName: string | undefined): Promise<string | undefined> {
  const text = await findText(path);
  if (text === undefined) return undefined;
  try {
    const trace = parse(SandboxTrace, JSON.parse(text), path);
    const why = findObstacle(trace, networkName);
    return why && `Pod ${trace.pod.namespace}/${trace.pod.name}: ${why}`;
  } catch (error) {
    return `the record cannot be read: ${messageOf(error)}`;
  }
}

/** Other plugins call `danm-ipam` when they detach; without it they fail. */
async function findHeld({ stateDir }: HostPaths): Promise<LeftSandbox[]> {
  const records = await listRecords(`${stateDir}/danm-ipam`);
  return records.map((record) => ({ record, why: "a plugin that uses danm-ipam has to give back its address" }));
}

async function listRecords(dir: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(dir));
    return entries.filter(({ name }) => RECORD.test(name)).map(({ name }) => `${dir}/${name}`).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A plugin of that name that is not ours stays. */
async function removeLauncher(path: string, { installDir }: HostPaths): Promise<void> {
  await removeIfThere(preparedPath(path));
  if ((await findText(path))?.includes(`root='${installDir}/`)) await removeIfThere(path);
}

async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Why a folder is not removed: it is not there, is not empty, or is mounted, as in a Pod, into what cannot be written. */
const LEFT_ALONE: readonly unknown[] = ["ENOENT", "ENOTEMPTY", "EBUSY", "EROFS"];

async function removeIfEmpty(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!LEFT_ALONE.includes((error as { readonly code?: unknown }).code)) throw error;
  }
}
