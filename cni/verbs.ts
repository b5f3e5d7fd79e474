import { abortable } from "../shared/abortable.ts";
import { createObjectStore, lazyObjectStore } from "../ipam/object_store.ts";
import { parseCniArgs, podOf } from "../shared/cni/cni_args.ts";
import type { VerbRequest, Verbs } from "../shared/cni/plugin.ts";
import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import { bootClock } from "../shared/host/boot_clock.ts";
import { createRun, type Run } from "../shared/host/run.ts";
import { KubeClient } from "../shared/kube/client.ts";
import type { RequestInfo } from "../shared/kube/client_options.ts";
import { loadKubeconfig } from "../shared/kube/kubeconfig.ts";
import { createLogger, fileSink, type Logger, stderrSink, teeSink } from "../shared/log.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import { DEFAULT_LOG_FILE, NetConf } from "../shared/schema/netconf.ts";
import { add, type AddDeps } from "./add.ts";
import { del } from "./del.ts";
import { createHintFiles } from "../ipam/hint_files.ts";
import { RecordStore } from "../ipam/record_store.ts";
import { sweep } from "../ipam/sweep.ts";
import { SandboxRecord } from "./record.ts";
import { createSandboxKeeper } from "./sandbox_keeper.ts";
import { toCniError } from "../shared/cni/to_cni_error.ts";

/** What the process is started with. */
export interface Surroundings {
  /** Search path of commands; undefined = the usual one. */
  readonly path: string | undefined;
  /** Directory of this node's records and hints. */
  readonly stateDir: string;
  hostname(): string;
}

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** Time for looking after what other sandboxes left, in milliseconds, when a command's own work is done. */
const SWEEP_MS = 2000;

/** The verbs of the `danm` plugin on a real node and a real API server. */
export function createVerbs(surroundings: Surroundings): Verbs {
  async function run<T>(
    request: VerbRequest,
    command: string,
    work: (context: { deps: AddDeps; netconf: NetConf; signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const log = openLog(request);
    try {
      const netconf = readNetConf(request);
      const deps = createDeps(netconf, { surroundings, log });
      const result = await work({ deps, netconf, signal: AbortSignal.timeout(netconf.timeoutMs) });
      await sweep(createSandboxKeeper(deps), AbortSignal.timeout(SWEEP_MS));
      return result;
    } catch (error) {
      const failure = toCniError(error, `${command} of sandbox ${request.containerID}`);
      log.error(`${command} failed`, {
        containerID: request.containerID,
        args: request.args,
        code: failure.code,
        error: failure.message,
      });
      throw failure;
    }
  }
  return {
    add: (request) =>
      run(request, "ADD", async ({ deps, netconf, signal }) => {
        const identity = podOf(parseCniArgs(request.args));
        const startedAt = deps.clock();
        return await add({ ...request, netconf, identity, startedAt, hostname: surroundings.hostname(), signal }, deps);
      }),
    del: (request) => run(request, "DEL", ({ deps, signal }) => del({ ...request, signal }, deps)),
  };
}

/** @throws {CniError} code 7 naming the keys that are wrong */
function readNetConf(request: VerbRequest): NetConf {
  try {
    return parse(NetConf, request.conf, "configuration");
  } catch (cause) {
    throw new CniError(ErrorCode.InvalidConfig, messageOf(cause), { cause });
  }
}

/** Everything goes into the file, warnings and errors to stderr too; stdout is the result's. */
function openLog(request: VerbRequest): Logger {
  const { logFile, logLevel } = request.conf;
  const toStderr = stderrSink("warn");
  const path = typeof logFile === "string" && logFile !== "" ? logFile : DEFAULT_LOG_FILE;
  const toFile = fileSink(path, {
    onFailure: (error) => {
      createLogger(toStderr).warn("the log file cannot be written", { path, error: messageOf(error) });
    },
  });
  const level = LOG_LEVELS.find((known) => known === logLevel) ?? "info";
  return createLogger(teeSink(toFile, toStderr), { level });
}

function createDeps(netconf: NetConf, options: { surroundings: Surroundings; log: Logger }): AddDeps {
  const { surroundings: { path, stateDir }, log } = options;
  let connecting: Promise<KubeClient> | undefined;
  const client = (signal: AbortSignal): Promise<KubeClient> => {
    connecting ??= loadKubeconfig(netconf.kubeconfig).then((target) =>
      new KubeClient(target, { userAgent: "danm", onRequest })
    );
    // An exec plugin of the kubeconfig may hang.
    return abortable(connecting, signal);
  };
  // Every external step is a line at level debug: what is slow, or what hangs, is told by the log.
  const onRequest = ({ method, path, status, ms }: RequestInfo): void =>
    log.debug("request", { method, path, status, ms, endMs: performance.now() });
  return {
    client,
    log,
    run: logRuns(createRun(path), log),
    clock: bootClock,
    records: new RecordStore(stateDir, { clock: bootClock, schema: SandboxRecord }),
    hints: createHintFiles(`${stateDir}/hints`),
    objects: lazyObjectStore(async (signal) => createObjectStore(await client(signal))),
    random: Math.random,
    monotonicMs: () => performance.now(),
    delay,
  };
}

function logRuns(run: Run, log: Logger): Run {
  return async (argv, options) => {
    const startMs = performance.now();
    try {
      return await run(argv, options);
    } finally {
      const endMs = performance.now();
      log.debug("command", { argv, ms: endMs - startMs, endMs });
    }
  };
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
