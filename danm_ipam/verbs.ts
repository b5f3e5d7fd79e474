import { AllocationRecord } from "../ipam/allocation_record.ts";
import { createNodeDeps } from "../ipam/create_node_deps.ts";
import { type CommandInfo, runCommand } from "../ipam/run_command.ts";
import { asUnavailable } from "../shared/cni/as_unavailable.ts";
import { parseCniArgs, podOf } from "../shared/cni/cni_args.ts";
import { readIpRequests } from "../shared/cni/ip_requests.ts";
import { openLog } from "../shared/cni/open_log.ts";
import type { HostRequest, Verbs } from "../shared/cni/plugin.ts";
import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import { createConnect } from "../shared/kube/connect.ts";
import { loadKubeconfig } from "../shared/kube/kubeconfig.ts";
import type { Logger } from "../shared/log.ts";
import { add, type AddDeps } from "./add.ts";
import { check } from "./check.ts";
import { del } from "./del.ts";
import { gc } from "./gc.ts";
import { type IpamConf, logKeys, parseIpamConf } from "./ipam_conf.ts";
import { createKeeper } from "./keeper.ts";

/** What the process is started with. */
export interface Surroundings {
  /** Directory of this plugin's records. */
  readonly stateDir: string;
  /** Directory of the hints. */
  readonly hintsDir: string;
  hostname(): string;
}

interface Context {
  readonly ipam: IpamConf;
  readonly deps: AddDeps;
  readonly signal: AbortSignal;
}

/** The verbs of `danm-ipam` on a real node and a real API server. */
export function createVerbs(surroundings: Surroundings): Required<Verbs> {
  function run<T>(request: HostRequest, info: CommandInfo, work: (context: Context) => Promise<T>): Promise<T> {
    const log = openLog(logKeys(request.conf));
    return runCommand({ ...info, log }, () => {
      const ipam = parseIpamConf(request.conf);
      const deps = createDeps(ipam, { surroundings, log });
      return {
        keeper: createKeeper(deps),
        timeoutMs: ipam.timeoutMs,
        work: (signal) => work({ ipam, deps, signal }),
      };
    });
  }
  return {
    add: (request) =>
      run(request, { what: `ADD of sandbox ${request.containerID}`, sweeps: true }, async ({ ipam, deps, signal }) => {
        const args = parseCniArgs(request.args);
        const requests = readIpRequests({ args, conf: request.conf });
        const startedAt = deps.clock();
        const hostname = surroundings.hostname();
        return await add({ ...request, ipam, requests, identity: podOf(args), startedAt, hostname, signal }, deps);
      }),
    del: (request) =>
      run(
        request,
        { what: `DEL of sandbox ${request.containerID}`, sweeps: true },
        ({ deps, signal }) => del({ ...request, signal }, deps),
      ),
    check: (request) =>
      run(
        request,
        { what: `CHECK of sandbox ${request.containerID}`, sweeps: false },
        ({ deps, signal }) => check({ ...request, signal }, deps),
      ),
    gc: (request) =>
      run(
        request,
        { what: `GC of ${request.networkName}`, sweeps: true },
        ({ deps, signal }) => gc({ ...request, signal }, deps),
      ),
    status: (request) =>
      run(request, { what: "STATUS", sweeps: false }, ({ ipam }) => checkStatus(ipam)).catch(asUnavailable),
  };
}

function createDeps(ipam: IpamConf, options: { surroundings: Surroundings; log: Logger }): AddDeps {
  const { surroundings: { stateDir, hintsDir }, log } = options;
  const connect = createConnect(ipam.kubeconfig, { userAgent: "danm-ipam", log });
  return { ...createNodeDeps({ stateDir, hintsDir, schema: AllocationRecord, connect, log }), client: connect };
}

/** Whether an ADD could work, by what this node tells: asked every few seconds, it asks nobody else. */
async function checkStatus(ipam: IpamConf): Promise<void> {
  try {
    await loadKubeconfig(ipam.kubeconfig);
  } catch (cause) {
    throw new CniError(ErrorCode.Unavailable, messageOf(cause), {
      cause,
      details: "no address can be taken before the kubeconfig is in order",
    });
  }
}
