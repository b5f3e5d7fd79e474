import { dirname } from "node:path";
import { messageOf } from "../shared/errors.ts";
import { createRun } from "../shared/host/run.ts";
import { KubeClient } from "../shared/kube/client.ts";
import { loadInCluster } from "../shared/kube/in_cluster.ts";
import type { KubeTarget } from "../shared/kube/kube_target.ts";
import { loadKubeconfig } from "../shared/kube/kubeconfig.ts";
import { createLogger, type Logger, stderrSink } from "../shared/log.ts";
import { stopSignal } from "../shared/stop_signal.ts";
import { FlagError, type Flags, parseFlags, USAGE } from "./flags.ts";
import { withInstallLock } from "./install_lock.ts";
import { runInstaller } from "./run_installer.ts";
import { readSettings } from "./settings.ts";
import { uninstall } from "./uninstall.ts";

async function loadTarget({ kubeconfig, settingsDir }: Flags): Promise<KubeTarget> {
  if (kubeconfig !== undefined) return await loadKubeconfig(kubeconfig);
  const target = await loadInCluster({
    host: Deno.env.get("KUBERNETES_SERVICE_HOST"),
    port: Deno.env.get("KUBERNETES_SERVICE_PORT"),
  });
  const { apiServer } = await readSettings(settingsDir);
  return apiServer === undefined ? target : { ...target, server: apiServer.replace(/\/+$/, "") };
}

async function install(flags: Flags, log: Logger): Promise<void> {
  const nodeName = Deno.env.get("NODE_NAME");
  if (!nodeName) throw new Error("NODE_NAME is not set; set it to spec.nodeName of the Pod");
  const target = await loadTarget(flags);
  using client = new KubeClient(target, { userAgent: "danm-installer" });
  await runInstaller({
    ...flags,
    nodeName,
    // <dir>/lib/danm-installer/main.js
    sourceDir: flags.sourceDir ?? dirname(dirname(import.meta.dirname ?? "")),
    target,
    client,
    run: createRun(Deno.env.get("PATH")),
    runtime: Deno.execPath(),
    monotonicMs: () => performance.now(),
    now: () => Date.now(),
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
    const wanted = (await readSettings(flags.settingsDir)).defaultConf;
    const left = await withInstallLock(flags.paths.installDir, () => uninstall(flags.paths, { log, wanted }));
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
