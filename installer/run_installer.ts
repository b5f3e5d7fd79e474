import { delay } from "../shared/delay.ts";
import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import { withInstallLock } from "./install_lock.ts";
import { Installer, type InstallerDeps } from "./installer.ts";
import { findEnding } from "./own_daemonset.ts";
import { Readiness } from "./readiness.ts";
import { type ProbeAddress, serveProbes } from "./serve_probes.ts";
import { readSettings } from "./settings.ts";
import { uninstall } from "./uninstall.ts";

/** Between two looks at a node that is as it should be, in milliseconds. */
const PERIOD_MS = 10_000;
/** Between two tries, at first and at most, in milliseconds. */
const RETRY_MS = { first: 500, most: 30_000 };
/** A turn that takes longer than that hangs, in milliseconds. */
const TURN_MS = 180_000;
/** How long it may take to find out why this Pod ends, in milliseconds; the kubelet waits for 30 s. */
const ENDING_MS = 15_000;

/** What the installer runs with. */
export interface RunDeps extends InstallerDeps {
  readonly probes: ProbeAddress;
  /** Name of the DaemonSet that this Pod belongs to. */
  readonly daemonSet: string;
}

/**
 * Installs DANM on the node and keeps it so until the signal aborts. Then it stays, for the Pod that takes over, or goes,
 * when DANM is being removed from the cluster.
 */
export async function runInstaller(deps: RunDeps, stop: AbortSignal): Promise<void> {
  const { log } = deps;
  const installer = new Installer(deps);
  const readiness = new Readiness();
  await using probes = serveProbes(readiness, deps.probes);
  log.info("installer started", { node: deps.nodeName, probes: probes.port });
  try {
    await keepInstalled(installer, { deps, readiness, stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  await end(installer, deps);
}

async function keepInstalled(
  installer: Installer,
  { deps: { log, paths }, readiness, stop }: { deps: RunDeps; readiness: Readiness; stop: AbortSignal },
): Promise<void> {
  let retryMs = RETRY_MS.first;
  for (let said = ""; !stop.aborted;) {
    const reasons = await lookOnce(installer, { stop, installDir: paths.installDir });
    readiness.report(reasons);
    said = tell(reasons, { said, log });
    retryMs = reasons.length === 0 ? RETRY_MS.first : Math.min(retryMs * 2, RETRY_MS.most);
    await delay(reasons.length === 0 ? PERIOD_MS : retryMs, stop);
  }
}

async function lookOnce(
  installer: Installer,
  { stop, installDir }: { stop: AbortSignal; installDir: string },
): Promise<string[]> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(TURN_MS)]);
  try {
    return await withInstallLock(installDir, () => installer.turn(signal));
  } catch (error) {
    stop.throwIfAborted();
    return [messageOf(error)];
  }
}

/** Says what changed, and only that. */
function tell(reasons: readonly string[], { said, log }: { said: string; log: Logger }): string {
  const now = reasons.join("; ");
  if (now === said) return said;
  if (now === "") log.info("the node is ready");
  else log.error("the node is not ready", { reasons });
  return now;
}

async function end(installer: Installer, deps: RunDeps): Promise<void> {
  const { client, daemonSet: name, log, paths, settingsDir } = deps;
  const signal = AbortSignal.timeout(ENDING_MS);
  const ending = await findEnding(client, { name, known: installer.isKnown, signal });
  if (ending.kind === "restart") return log.info("the node keeps what it has, for the Pod that takes over");
  if (ending.kind === "unknown") {
    return log.warn(
      "nobody says whether DANM is being removed, so it stays on the node; if it is, run `danm-installer uninstall` there",
      { error: ending.why },
    );
  }
  log.info("DANM is being removed", { why: ending.why });
  const wanted = await findWanted(settingsDir, log);
  await withInstallLock(paths.installDir, () => uninstall(paths, { log, wanted }));
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
