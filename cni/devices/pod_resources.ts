import { callUnary, GrpcError, GrpcStatus } from "./grpc_call.ts";
import { type ContainerDevices, decodePods, encodeGetRequest, type PodResources } from "./pod_resources_messages.ts";

/** A Pod by its name, which is all that the PodResources API knows of it. */
export interface PodName {
  readonly podNamespace: string;
  readonly podName: string;
}

/** Where the API is, and how long at most to wait for it. */
export interface PodResourcesOptions {
  readonly socketPath: string;
  readonly signal: AbortSignal;
}

/**
 * Asks the kubelet's PodResources API for the devices of a Pod: `Get`, or `List` where the kubelet has no `Get` (it is
 * on by default from 1.34).
 *
 * @throws {Error} when the kubelet does not answer, or does not know the Pod
 * @throws the signal's reason
 */
export async function getPodResources(
  pod: PodName,
  options: PodResourcesOptions,
): Promise<readonly ContainerDevices[]> {
  const message = encodeGetRequest({ name: pod.podName, namespace: pod.podNamespace });
  try {
    return onlyPod(pod, await call("Get", { ...options, message }));
  } catch (error) {
    if (!(error instanceof GrpcError) || !isWithoutGet(error)) throw error;
    return await listInstead(pod, { options, getFailure: error });
  }
}

async function listInstead(
  pod: PodName,
  { options, getFailure }: { options: PodResourcesOptions; getFailure: GrpcError },
): Promise<readonly ContainerDevices[]> {
  try {
    return await listPodResources(pod, options);
  } catch (error) {
    throw new AggregateError([getFailure, error], "");
  }
}

/**
 * The same by `List`, which every kubelet from 1.20 on has.
 *
 * @throws {Error} when the kubelet does not answer, or does not know the Pod, or knows two of that name
 * @throws the signal's reason
 */
export async function listPodResources(
  pod: PodName,
  options: PodResourcesOptions,
): Promise<readonly ContainerDevices[]> {
  return onlyPod(pod, await call("List", { ...options, message: new Uint8Array() }));
}

/** A kubelet whose `Get` is switched off says so in words only; its status is that of a Pod that is not there. */
function isWithoutGet({ status }: GrpcError): boolean {
  return status === GrpcStatus.Unimplemented || status === GrpcStatus.Unknown;
}

async function call(
  method: "Get" | "List",
  options: PodResourcesOptions & { message: Uint8Array },
): Promise<PodResources[]> {
  const path = `/v1.PodResourcesLister/${method}`;
  const bytes = await callUnary(path, options);
  try {
    return decodePods(bytes);
  } catch (cause) {
    throw new Error(`${path}: the answer is no message of the PodResources API`, { cause });
  }
}

function onlyPod({ podNamespace, podName }: PodName, pods: readonly PodResources[]): readonly ContainerDevices[] {
  const [pod, another] = pods.filter(({ name, namespace }) => name === podName && namespace === podNamespace);
  if (!pod) throw new Error(`the kubelet lists no Pod ${podNamespace}/${podName}`);
  // One of them is about to go; only the checkpoint tells by UID which is which.
  if (another) throw new Error(`the kubelet lists several Pods ${podNamespace}/${podName}`);
  return pod.devices;
}
