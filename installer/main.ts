import { dirname } from "node:path";
import { messageOf } from "../shared/errors.ts";
import { createRun } from "../shared/host/run.ts";
import { loadInCluster } from "../shared/kube/in_cluster.ts";
import { loadKubeconfig } from "../shared/kube/kubeconfig.ts";
import { createLogger, type Logger, stderrSink } from "../shared/log.ts";
import { stopSignal } from "../shared/stop_signal.ts";
import { FlagError, type Flags, parseFlags, USAGE } from "./flags.ts";
import { withInstallLock } from "./install_lock.ts";
import { type LoadTarget, NodeAccess, withoutSlash } from "./node_access.ts";
import { runInstaller } from "./run_installer.ts";
import { uninstall } from "./uninstall.ts";

/** A kubeconfig that was given is what is meant. */
function targetLoader({ kubeconfig }: Flags): LoadTarget {
  if (kubeconfig !== undefined) return () => loadKubeconfig(kubeconfig);
  const host = Deno.env.get("KUBERNETES_SERVICE_HOST");
  const port = Deno.env.get("KUBERNETES_SERVICE_PORT");
  return async (apiServer) => {
    const target = await loadInCluster({ host, port });
    return apiServer === undefined ? target : { ...target, server: withoutSlash(apiServer) };
  };
}

async function install(flags: Flags, log: Logger): Promise<void> {
  const nodeName = Deno.env.get("NODE_NAME");
  if (!nodeName) throw new Error("NODE_NAME is not set; set it to spec.nodeName of the Pod");
  const { paths } = flags;
  const loadTarget = targetLoader(flags);
  using access = new NodeAccess({ paths, nodeName, loadTarget, now: () => Date.now(), log });
  await runInstaller({
    ...flags,
    nodeName,
    access,
    // <dir>/lib/danm-installer/main.js
    sourceDir: flags.sourceDir ?? dirname(dirname(import.meta.dirname ?? "")),
    run: createRun(Deno.env.get("PATH")),
    runtime: Deno.execPath(),
    monotonicMs: () => performance.now(),
    log,
  }, stopSignal({ log, atOnce: () => Deno.exit(1) }));
}

async function run(flags: Flags): Promise<number> {
  const log = createLogger(stderrSink(flags.logLevel), { level: flags.logLevel });
  try {
    if (flags.command === "install") {
      await install(flags, log);
      return 0;
    }
    const { paths, settingsDir } = flags;
    const left = await withInstallLock(paths.installDir, () => uninstall(paths, { log, settingsDir }));
    return left.length === 0 ? 0 : 3;
  } catch (error) {
    log.error("the installer ends", { error: messageOf(error) });
    return 1;
  }
}

try {
  const flags = parseFlags(Deno.args);
  if (flags) Deno.exit(await run(flags));
  await Deno.stdout.write(new TextEncoder().encode(USAGE));
} catch (error) {
  if (!(error instanceof FlagError)) throw error;
  await Deno.stderr.write(new TextEncoder().encode(`${error.message}\n`));
  Deno.exit(2);
}
