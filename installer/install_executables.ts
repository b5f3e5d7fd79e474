import { dirname } from "node:path";
import { messageOf } from "../shared/errors.ts";
import type { Run } from "../shared/host/run.ts";
import type { Logger } from "../shared/log.ts";
import { copyAtomically, writeAtomically } from "./atomic_file.ts";
import type { Cooldown } from "./cooldown.ts";
import { type Digests, digestText } from "./digest.ts";
import { type HostPaths, PLUGINS } from "./host_paths.ts";
import {
  describeVersion,
  type InstalledFile,
  type InstallFacts,
  type InstallStep,
  pinnedLaunchers,
  planInstall,
  type Source,
} from "./plan_install.ts";
import { readSource } from "./source.ts";
import { isWarm, warmCache } from "./warm_cache.ts";

/** What executables are installed with. */
export interface InstallDeps {
  readonly paths: HostPaths;
  /** Folder of the executables in the image. */
  readonly sourceDir: string;
  readonly digests: Digests;
  readonly run: Run;
  /** Path of the runtime that analyses and compiles the plugins: our own. */
  readonly runtime: string;
  /** Of making their caches. */
  readonly warmCooldown: Cooldown;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** For three bundles it is a second; on a busy node much longer. */
const WARM_MS = 120_000;

/**
 * Makes the node run the image's version of the plugins. Whatever it was interrupted in before, it goes on from there.
 *
 * @returns name of the version's folder
 * @throws {Error} saying what could not be written; the version that the node had works on
 */
export async function installExecutables(deps: InstallDeps): Promise<string> {
  const { paths: { installDir, pluginDir }, sourceDir, digests, log } = deps;
  const source = await readSource(sourceDir, digests);
  const version = digestText(describeVersion(source)).slice(0, 16);
  const target = { versionDir: `${installDir}/${version}`, pluginDir };
  const steps = planInstall({ ...target, source, ...await observe(source, target, deps) });
  for (const step of steps) await carryOut(step, deps);
  if (steps.length > 0) log.info("plugins installed", { version, steps: steps.length });
  return version;
}

async function observe(
  source: Source,
  target: { versionDir: string; pluginDir: string },
  { digests, warmCooldown }: Pick<InstallDeps, "digests" | "warmCooldown">,
): Promise<Pick<InstallFacts, "installed" | "launcherDigests" | "warm">> {
  const launchers = pinnedLaunchers(source, target);
  const paths = [
    ...source.files.map(({ path }) => `${target.versionDir}/${path}`),
    ...launchers.map(({ path }) => path),
  ];
  const found = await Promise.all(paths.map(async (path) => [path, await findInstalled(path, digests)] as const));
  return {
    installed: new Map(found.flatMap(([path, file]) => file ? [[path, file] as const] : [])),
    launcherDigests: new Map(launchers.map(({ path, text }) => [path, digestText(text)])),
    warm: isWarm(target.versionDir, PLUGINS) || !warmCooldown.isOver,
  };
}

async function findInstalled(path: string, digests: Digests): Promise<InstalledFile | undefined> {
  try {
    const { isFile, mode } = await Deno.lstat(path);
    return { digest: isFile ? await digests.of(path) : "", mode: (mode ?? 0) & 0o7777 };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function carryOut(step: InstallStep, deps: InstallDeps): Promise<void> {
  try {
    if (step.kind === "warm") return await warm(step.dir, deps);
    await Deno.mkdir(dirname(step.to), { recursive: true, mode: 0o755 });
    if (step.kind === "write") return await writeAtomically(step.to, step.text, step);
    await copyAtomically(step.to, `${deps.sourceDir}/${step.from}`, step);
  } catch (cause) {
    const at = step.kind === "warm" ? step.dir : step.to;
    throw new Error(`${at} cannot be installed, the version that is there stays: ${messageOf(cause)}`, { cause });
  }
}

/** Caches that cannot be made are told in the log only: plugins do without, more slowly. */
async function warm(dir: string, { run, runtime, warmCooldown, log, signal }: InstallDeps): Promise<void> {
  try {
    await warmCache(dir, PLUGINS, { run, runtime, signal: AbortSignal.any([signal, AbortSignal.timeout(WARM_MS)]) });
  } catch (error) {
    signal.throwIfAborted();
    warmCooldown.begin();
    log.warn("the plugins cannot be analysed and compiled in advance; they start more slowly", {
      error: messageOf(error),
    });
  }
}
