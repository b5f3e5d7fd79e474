import { ipamAlone } from "./ipam_attach.ts";
import type { IpamCluster } from "./ipam_cluster.ts";
import { type LoggedAdd, runLogged, spanOf, type Step, type StepFigures, summarizeSteps } from "./steps.ts";

const RUNS = 15;
const LOG_FILE = "/var/log/danm-ipam-steps.log";

/** Lets `danm-ipam` log every request of ADDs that come one after the other. */
export async function measureSteps(cluster: IpamCluster): Promise<StepFigures> {
  const { danm, node } = cluster;
  const pod = await danm.createPod(node);
  const logged = await runLogged(cluster, {
    plugin: ipamAlone(cluster, { logFile: LOG_FILE, logLevel: "debug" }),
    count: 1,
    logFile: LOG_FILE,
    runs: RUNS,
    createSandbox: async () => ({ ...await danm.createSandbox(node, pod), netns: "/run/netns/unused" }),
  });
  return summarizeSteps(logged, stepsOf);
}

/** The steps, as the log tells them: what lies between requests is the plugin's own work. */
function stepsOf({ events, scriptMs }: LoggedAdd): Step[] {
  const span = (method: string): Pick<Step, "startMs" | "endMs"> =>
    spanOf(events.filter(({ what }) => what.startsWith(`${method} `)), { what: method });
  const reads = span("GET");
  const writes = span("POST");
  return [
    { what: "verbs, configuration, lock, kubeconfig", startMs: scriptMs, endMs: reads.startMs },
    { what: "connection, GET of the Pod and of the network", ...reads },
    { what: "checks, plan, record", startMs: reads.endMs, endMs: writes.startMs },
    { what: "POST of the DanmIp", ...writes },
  ];
}
