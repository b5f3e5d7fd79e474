/**
 * Which devices the kubelet assigned to a Pod. For `await import`: only networks with a device pool need it.
 *
 * @module
 */
import { CniError, ErrorCode, messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import { parseDeviceCheckpoint } from "./device_checkpoint.ts";
import type { AssignedDevices } from "./plan_devices.ts";
import { getPodResources, type PodName } from "./pod_resources.ts";
import type { ContainerDevices } from "./pod_resources_messages.ts";

/** Where the kubelet tells which devices Pods have. */
export interface PodDevicesDeps {
  /** The socket of its PodResources API. */
  readonly socketPath: string;
  /** The checkpoint of its device manager, for when that does not answer. */
  readonly checkpointPath: string;
  /** How long at most the API may take. */
  readonly deadlineMs: number;
  readonly log: Logger;
}

/** The Pod whose devices are asked for. */
export interface PodOfDevices extends PodName {
  /** The UID by which the runtime calls it (`K8S_POD_UID`): a static Pod's is another one in the API. */
  readonly podUID: string;
  readonly signal: AbortSignal;
}

/**
 * Devices that the kubelet assigned to the containers of a Pod: resource name → ids, each once, in ascending order,
 * from its PodResources API, else from its checkpoint.
 *
 * @throws {CniError} code 11 when neither source can be read; the message has the reason of each
 * @throws the signal's reason
 */
export async function getAssignedDevices(pod: PodOfDevices, deps: PodDevicesDeps): Promise<AssignedDevices> {
  const deadline = AbortSignal.timeout(deps.deadlineMs);
  const signal = AbortSignal.any([pod.signal, deadline]);
  try {
    return mergeDevices(await getPodResources(pod, { socketPath: deps.socketPath, signal }));
  } catch (error) {
    pod.signal.throwIfAborted();
    const why = deadline.aborted ? `no answer within ${deps.deadlineMs} ms` : messageOf(error);
    return mergeDevices(await readCheckpoint(pod, { deps, apiFailure: new Error(why, { cause: error }) }));
  }
}

async function readCheckpoint(
  pod: PodOfDevices,
  { deps, apiFailure }: { deps: PodDevicesDeps; apiFailure: Error },
): Promise<ContainerDevices[]> {
  const { socketPath, checkpointPath } = deps;
  try {
    const devices = parseDeviceCheckpoint(await Deno.readTextFile(checkpointPath), pod.podUID);
    const fields = { socket: socketPath, checkpoint: checkpointPath, error: apiFailure.message };
    deps.log.warn("the kubelet's PodResources API failed; its checkpoint tells the Pod's devices instead", fields);
    return devices;
  } catch (error) {
    const failures = [
      `PodResources API ${socketPath}: ${apiFailure.message}`,
      `${checkpointPath}: ${messageOf(error)}`,
    ];
    throw new CniError(
      ErrorCode.TryAgain,
      `the devices of Pod ${pod.podNamespace}/${pod.podName} cannot be read from the kubelet: ${failures.join("; ")}`,
      { details: "is the kubelet running, with its root directory at /var/lib/kubelet?", cause: [apiFailure, error] },
    );
  }
}

/** Devices of several containers and NUMA nodes by their resource, in an order that does not depend on the source. */
function mergeDevices(devices: readonly ContainerDevices[]): AssignedDevices {
  const merged = new Map<string, string[]>();
  const byName = Map.groupBy(devices, ({ resourceName }) => resourceName);
  for (const name of [...byName.keys()].sort()) {
    const ids = new Set(byName.get(name)?.flatMap(({ deviceIDs }) => deviceIDs));
    merged.set(name, [...ids].sort());
  }
  return merged;
}
