import { createNodeDeps } from "../ipam/create_node_deps.ts";
import { type CommandInfo, runCommand } from "../ipam/run_command.ts";
import { asUnavailable } from "../shared/cni/as_unavailable.ts";
import { parseCniArgs, podOf } from "../shared/cni/cni_args.ts";
import { openLog } from "../shared/cni/open_log.ts";
import type { HostRequest, VerbRequest, Verbs } from "../shared/cni/plugin.ts";
import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import { createRun, type Run, searchPathOf } from "../shared/host/run.ts";
import { createConnect } from "../shared/kube/connect.ts";
import type { Logger } from "../shared/log.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import { NetConf } from "../shared/schema/netconf.ts";
import { add, type AddDeps } from "./add.ts";
import { check } from "./check.ts";
import { del } from "./del.ts";
import { gc } from "./gc.ts";
import { SandboxRecord } from "./record.ts";
import { createSandboxKeeper } from "./sandbox_keeper.ts";
import { status } from "./status.ts";

/** What the process is started with. */
export interface Surroundings {
  /** Search path of commands; undefined = the usual one. */
  readonly path: string | undefined;
  /** Directory of this node's records and hints. */
  readonly stateDir: string;
  /** Directory of the CNI configurations. */
  readonly confDir: string;
  /** Path of what the node agent last saw. */
  readonly nodeReport: string;
  /** Where the kubelet tells which devices Pods have: the socket of its PodResources API, and its checkpoint. */
  readonly kubelet: { readonly socketPath: string; readonly checkpointPath: string };
  /** Where sysfs is mounted. */
  readonly sysfsRoot: string;
  hostname(): string;
}

/** Time for the kubelet's PodResources API, in milliseconds; its checkpoint tells the same. */
const KUBELET_MS = 3000;

/** The verbs of the `danm` plugin on a real node and a real API server. */
export function createVerbs(surroundings: Surroundings): Required<Verbs> {
  function run<T>(
    request: HostRequest,
    info: CommandInfo,
    work: (context: { deps: AddDeps; netconf: NetConf; signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const log = openLog(request.conf);
    return runCommand({ ...info, log }, () => {
      const netconf = readNetConf(request);
      const deps = createDeps(netconf, { surroundings, log });
      return {
        keeper: createSandboxKeeper(deps),
        timeoutMs: netconf.timeoutMs,
        work: (signal) => work({ deps, netconf, signal }),
      };
    });
  }
  const ofSandbox = (command: string, { containerID, args }: VerbRequest): { what: string; args: string } => ({
    what: `${command} of sandbox ${containerID}`,
    args,
  });
  return {
    add: (request) =>
      run(request, { ...ofSandbox("ADD", request), sweeps: true }, async ({ deps, netconf, signal }) => {
        const identity = podOf(parseCniArgs(request.args));
        const startedAt = deps.clock();
        const { confDir } = surroundings;
        const hostname = surroundings.hostname();
        return await add({ ...request, netconf, identity, startedAt, hostname, confDir, signal }, deps);
      }),
    del: (request) =>
      run(
        request,
        { ...ofSandbox("DEL", request), sweeps: true },
        ({ deps, netconf, signal }) => del({ ...request, signal, former: netconf }, deps),
      ),
    check: (request) =>
      run(
        request,
        { ...ofSandbox("CHECK", request), sweeps: false },
        ({ deps, signal }) => check({ ...request, signal }, deps),
      ),
    gc: (request) =>
      run(
        request,
        { what: `GC of ${request.networkName}`, sweeps: true },
        ({ deps, signal }) => gc({ ...request, signal }, deps),
      ),
    status: (request) =>
      run(request, { what: "STATUS", sweeps: false }, async ({ netconf: { kubeconfig }, deps: { log } }) => {
        const { path, nodeReport } = surroundings;
        await status({ path: request.path, kubeconfig, searchPath: searchPathOf(path), nodeReport, log });
      }).catch(asUnavailable),
  };
}

/** @throws {CniError} code 7 naming the keys that are wrong */
function readNetConf(request: HostRequest): NetConf {
  try {
    return parse(NetConf, request.conf, "configuration");
  } catch (cause) {
    throw new CniError(ErrorCode.InvalidConfig, messageOf(cause), { cause });
  }
}

function createDeps(netconf: NetConf, options: { surroundings: Surroundings; log: Logger }): AddDeps {
  const { surroundings: { path, stateDir, kubelet, sysfsRoot }, log } = options;
  const client = createConnect(netconf.kubeconfig, { userAgent: "danm", log });
  const hintsDir = `${stateDir}/hints`;
  return {
    ...createNodeDeps({ stateDir, hintsDir, schema: SandboxRecord, connect: client, log }),
    client,
    assignedDevices: async (pod) => {
      // Few Pods have devices.
      const { getAssignedDevices } = await import("./devices/pod_devices.ts");
      return await getAssignedDevices(pod, { ...kubelet, deadlineMs: KUBELET_MS, log });
    },
    sysfsRoot,
    run: logRuns(createRun(path), log),
    monotonicMs: () => performance.now(),
  };
}

function logRuns(run: Run, log: Logger): Run {
  return async (argv, options) => {
    const startMs = performance.now();
    try {
      const onStderr = (stderr: string): void => log.debug("command wrote to stderr", { argv, stderr });
      return await run(argv, { ...options, onStderr });
    } finally {
      const endMs = performance.now();
      log.debug("command", { argv, ms: endMs - startMs, endMs });
    }
  };
}
