import { messageOf } from "../shared/errors.ts";
import { KubeClient } from "../shared/kube/client.ts";
import { loadInCluster } from "../shared/kube/in_cluster.ts";
import { loadKubeconfig } from "../shared/kube/kubeconfig.ts";
import { createLogger, stderrSink } from "../shared/log.ts";
import { stopSignal } from "../shared/stop_signal.ts";
import { SYSTEM_NAMESPACE } from "../shared/schema/meta.ts";
import { certificateSource } from "./certificates/certificate_source.ts";
import { FlagError, type Flags, parseFlags, USAGE } from "./flags.ts";
import { KubeCluster } from "./kube_cluster.ts";
import { runWebhook } from "./run_webhook.ts";

async function run(flags: Flags): Promise<void> {
  const log = createLogger(stderrSink(flags.logLevel), { level: flags.logLevel });
  const stop = stopSignal({ log, atOnce: () => Deno.exit(1) });
  try {
    const target = flags.kubeconfig === undefined
      ? await loadInCluster({
        host: Deno.env.get("KUBERNETES_SERVICE_HOST"),
        port: Deno.env.get("KUBERNETES_SERVICE_PORT"),
      })
      : await loadKubeconfig(flags.kubeconfig);
    using client = new KubeClient(target, { userAgent: "danm-webhook" });
    const certificates = certificateSource({
      client,
      namespace: SYSTEM_NAMESPACE,
      flags: flags.certificates,
      files: flags.certificateFiles,
      log,
    });
    const { clientCaFile } = flags;
    const clientAuthorities = clientCaFile === undefined ? undefined : await Deno.readTextFile(clientCaFile);
    await runWebhook({ flags, cluster: new KubeCluster(client), certificates, clientAuthorities, log }, stop);
  } catch (error) {
    log.error("the webhook ends", { error: messageOf(error) });
    Deno.exit(1);
  }
  Deno.exit(0);
}

try {
  const flags = parseFlags(Deno.args);
  if (flags) await run(flags);
  else await Deno.stdout.write(new TextEncoder().encode(USAGE));
} catch (error) {
  if (!(error instanceof FlagError)) throw error;
  await Deno.stderr.write(new TextEncoder().encode(`${error.message}\n`));
  Deno.exit(2);
}
