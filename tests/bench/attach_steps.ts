import { createSandbox } from "./attach.ts";
import { type BenchNode, danmPlugin } from "./attach_plugins.ts";
import { longestChain } from "./statistics.ts";
import {
  type LogEvent,
  type LoggedAdd,
  runLogged,
  spanOf,
  type Step,
  type StepFigures,
  summarizeSteps,
} from "./steps.ts";

/** What ADDs of `danm` with a number of interfaces do, by their logs; the most of all runs. */
export interface LoggedFigures {
  readonly interfaces: number;
  readonly requests: number;
  readonly requestsInSequence: number;
  /** Delegates among them. */
  readonly commands: number;
  readonly delegates: number;
  /** ADDs with a request that was held up, and all. */
  readonly stalled: number;
  readonly runs: number;
  /** Undefined where the time does not go to delegates. */
  readonly steps: StepFigures | undefined;
}

/** A request that takes longer than this was held up, in milliseconds: the server delays acknowledgements by 40. */
const STALL_MS = 30;

const LOG_FILE = "/var/log/danm-steps.log";

/** Lets `danm` log every request and command of ADDs that come one after the other. */
export async function measureAttachSteps(
  place: BenchNode,
  { backend, runs }: { backend: "ipvlan" | "macvlan"; runs: number },
): Promise<LoggedFigures[]> {
  const plugin = await danmPlugin(place, { backend, conf: { logFile: LOG_FILE, logLevel: "debug" } });
  const figures: LoggedFigures[] = [];
  for (const count of plugin.counts) {
    const logged = await runLogged(place, {
      plugin,
      count,
      logFile: LOG_FILE,
      runs,
      createSandbox: () => createSandbox(place, { plugin, count }),
    });
    figures.push({
      interfaces: count,
      ...countSteps(logged),
      steps: backend === "macvlan" ? summarizeSteps(logged, stepsOf) : undefined,
    });
  }
  return figures;
}

/** What one log after the other tells of requests and commands. */
export function countSteps(logged: readonly LoggedAdd[]): Omit<LoggedFigures, "interfaces" | "steps"> {
  const most = (count: (events: readonly LogEvent[]) => number): number =>
    Math.max(...logged.map(({ events }) => count(events)));
  return {
    requests: most((events) => events.filter(isRequest).length),
    requestsInSequence: most((events) => longestChain(events.filter(isRequest))),
    commands: most((events) => events.filter(({ kind }) => kind === "command").length),
    delegates: most((events) => events.filter(isDelegate).length),
    stalled: logged.filter(({ events }) => isStalled(events.filter(isRequest))).length,
    runs: logged.length,
  };
}

/** The first request does not count: it waits for the connection. */
function isStalled(requests: readonly LogEvent[]): boolean {
  const connectedMs = Math.min(...requests.map(({ endMs }) => endMs));
  return requests.some(({ startMs, endMs }) => startMs >= connectedMs && endMs - startMs > STALL_MS);
}

/** The steps, as the log tells them: what lies between is the plugin's own work. */
export function stepsOf({ events, scriptMs }: LoggedAdd): Step[] {
  const requests = events.filter(isRequest);
  const request = (method: string, path: RegExp): Step => {
    const what = `${method} of ${path.source}`;
    return {
      what,
      ...spanOf(requests.filter((one) => one.what.startsWith(`${method} `) && path.test(one.what)), { what }),
    };
  };
  const pod = request("GET", /\/pods\//);
  const delegates = spanOf(events.filter(isDelegate), { what: "delegate" });
  const configuring = events.filter((one) =>
    one.kind === "command" && !isDelegate(one) && one.startMs >= delegates.endMs
  );
  return [
    { what: "verbs, configuration, lock, kubeconfig", startMs: scriptMs, endMs: pod.startMs },
    { ...pod, what: "connection and GET of the Pod" },
    { ...request("GET", /networks\//), what: "GET of the networks" },
    { ...request("POST", /\/danmips/), what: "POST of the DanmIps" },
    { what: "the delegates' ADD", ...delegates },
    {
      what: "`sysctl`, then `ip -batch` in the sandbox",
      ...spanOf(configuring, { what: "command after the delegate" }),
    },
    { ...request("POST", /\/danmeps/), what: "POST of the DanmEps, at the same time" },
    { ...request("PATCH", /\/status/), what: "PATCH of the status annotation" },
  ];
}

function isRequest({ kind }: LogEvent): boolean {
  return kind === "request";
}

/** A plugin has no arguments; every command of ours has some. */
function isDelegate({ kind, what }: LogEvent): boolean {
  return kind === "command" && !what.includes(" ");
}
