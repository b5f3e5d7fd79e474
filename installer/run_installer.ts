import { delay } from "../shared/delay.ts";
import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import { NO_ABILITY_LABELS } from "./abilities.ts";
import { relayPath } from "./host_paths.ts";
import { withInstallLock } from "./install_lock.ts";
import { Installer, type InstallerDeps } from "./installer.ts";
import { labelNode } from "./node_object.ts";
import { findEnding } from "./own_daemonset.ts";
import { Readiness } from "./readiness.ts";
import { Relay } from "./relay.ts";
import { type ProbeAddress, serveProbes } from "./serve_probes.ts";
import { uninstall } from "./uninstall.ts";

/** Between two looks at a node that is as it should be, in milliseconds. */
const PERIOD_MS = 10_000;
/** Between two tries, at first and at most, in milliseconds. */
const RETRY_MS = { first: 500, most: 30_000 };
/** A turn that takes longer than that hangs, in milliseconds. */
const TURN_MS = 180_000;
/** How long it may take to find out why this Pod ends, in milliseconds; the kubelet waits for 30 s. */
const ENDING_MS = 15_000;
/** How long labels may take, which nobody reads any more, in milliseconds. */
const UNLABEL_MS = 5_000;

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
  const relay = new Relay({ socket: relayPath(deps.paths), target: () => deps.access.target(), log });
  await using _relay = relay;
  try {
    await keepInstalled(installer, { deps, readiness, relay, stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  await end(deps);
}

async function keepInstalled(
  installer: Installer,
  { deps: { log, paths }, readiness, relay, stop }: {
    deps: RunDeps;
    readiness: Readiness;
    relay: Relay;
    stop: AbortSignal;
  },
): Promise<void> {
  let retryMs = RETRY_MS.first;
  for (let said = ""; !stop.aborted;) {
    const reasons = await lookOnce(installer, { stop, installDir: paths.installDir });
    await relay.keep();
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

async function end(deps: RunDeps): Promise<void> {
  const { access, daemonSet: name, log, paths, settingsDir } = deps;
  const signal = AbortSignal.timeout(ENDING_MS);
  const ending = await findEnding(access, { name, signal });
  if (ending.kind === "restart") return log.info("the node keeps what it has, for the Pod that takes over");
  if (ending.kind === "unknown") {
    return log.warn(
      "nobody says whether DANM is being removed, so it stays on the node; if it is, run `danm-installer uninstall` there",
      { error: ending.why },
    );
  }
  log.info("DANM is being removed", { why: ending.why });
  await withInstallLock(paths.installDir, () => uninstall(paths, { log, settingsDir }));
  await unlabel(deps);
}

/** Mostly too late: `kubectl delete -k` takes the rights to it away before the Pods are told. */
async function unlabel({ access, nodeName: name, log }: RunDeps): Promise<void> {
  const signal = AbortSignal.timeout(UNLABEL_MS);
  try {
    await labelNode(await access.client(), { name, labels: NO_ABILITY_LABELS, signal });
    log.info("the Node's labels are removed");
  } catch (error) {
    log.warn("the Node's labels danm.io/… stay; the deployment guide says how to remove them", {
      error: messageOf(error),
    });
  }
}
