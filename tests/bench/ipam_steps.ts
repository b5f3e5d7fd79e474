import { benchPlugins, callPlugin } from "./ipam_attach.ts";
import { childCpuSeconds } from "./child_cpu.ts";
import type { IpamCluster } from "./ipam_cluster.ts";
import { summarize } from "./statistics.ts";

/** Which step of an ADD, and when: milliseconds since its JavaScript started, medians of some runs. */
export interface Step {
  readonly what: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where the time of one ADD of `danm-ipam` goes, with nothing else going on. */
export interface StepFigures {
  readonly steps: readonly Step[];
  /** Wall time of the whole process, entering the node included, and its user and system time. */
  readonly wholeMs: number;
  readonly cpuMs: number;
  readonly runs: number;
}

const RUNS = 15;
const LOG_FILE = "/var/log/danm-ipam-steps.log";

interface RequestLine {
  readonly method: string;
  readonly ms: number;
  readonly endMs: number;
}

/** Lets `danm-ipam` log every request of ADDs that come one after the other. */
export async function measureSteps({ danm, node }: IpamCluster): Promise<StepFigures> {
  const plugin = (await benchPlugins(danm, node)).find(({ name }) => name === "danm-ipam");
  if (!plugin) throw new Error("danm-ipam is not among the plugins");
  const pod = await danm.createPod(node);
  const found: Step[][] = [];
  const whole: number[] = [];
  const cpu: number[] = [];
  for (let run = -2; run < RUNS; run++) {
    const sandbox = { ...await danm.createSandbox(node, pod), netns: "/run/netns/unused" };
    const before = childCpuSeconds();
    const logged = { ...plugin, conf: withLog(plugin.conf) };
    const { code, ms } = await callPlugin({ danm, sandbox }, { plugin: logged, command: "ADD" });
    const cpuSeconds = childCpuSeconds() - before;
    if (code !== 0) throw new Error(`ADD ended with ${code}`);
    const { stdout } = await node.run(["cat", LOG_FILE]);
    await node.run(["rm", LOG_FILE]);
    await callPlugin({ danm, sandbox }, { plugin, command: "DEL" });
    // The first runs fill caches.
    if (run < 0) continue;
    found.push(stepsOf(stdout));
    whole.push(ms);
    cpu.push(cpuSeconds * 1000);
  }
  const median = (pick: (step: Step) => number, index: number): number =>
    summarize(found.flatMap((steps) => steps.slice(index, index + 1).map(pick))).p50;
  const steps = (found[0] ?? []).map(({ what }, index) => ({
    what,
    fromMs: median(({ fromMs }) => fromMs, index),
    toMs: median(({ toMs }) => toMs, index),
  }));
  return { steps, wholeMs: summarize(whole).p50, cpuMs: summarize(cpu).mean, runs: RUNS };
}

function withLog(conf: object): object {
  const { ipam, ...rest } = conf as { ipam: object };
  return { ...rest, ipam: { ...ipam, logFile: LOG_FILE, logLevel: "debug" } };
}

/** The steps, as the log tells them: what lies between requests is the plugin's own work. */
function stepsOf(log: string): Step[] {
  const lines: (RequestLine & { msg: string })[] = log.trim().split("\n").map((line) => JSON.parse(line));
  const requests = lines.filter(({ msg }) => msg === "request");
  const span = (method: string): { fromMs: number; toMs: number } => {
    const those = requests.filter((one) => one.method === method);
    if (those.length === 0) throw new Error(`the log has no ${method}`);
    const fromMs = Math.min(...those.map(({ ms, endMs }) => endMs - ms));
    return { fromMs, toMs: Math.max(...those.map(({ endMs }) => endMs)) };
  };
  const reads = span("GET");
  const writes = span("POST");
  return [
    { what: "runtime, verbs, configuration, lock, kubeconfig", fromMs: 0, toMs: reads.fromMs },
    { what: "TLS handshake, GET of the Pod and of the network", ...reads },
    { what: "checks, plan, record", fromMs: reads.toMs, toMs: writes.fromMs },
    { what: "POST of the DanmIp", ...writes },
  ];
}
