import type { CniResult } from "../shared/cni/cni_result.ts";
import { CniError, ErrorCode } from "../shared/errors.ts";
import { mayBeNetns } from "../shared/host/netns.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { findAnnotation } from "../shared/schema/annotations.ts";
import { type InterfaceRequest, parseInterfacesAnnotation } from "../shared/schema/interfaces_annotation.ts";
import type { Network } from "../shared/schema/network.ts";
import { isStatic } from "../shared/schema/network_backend.ts";
import { NAD_ANNOTATION, NAD_RESOURCE_ANNOTATION } from "../shared/schema/nad.ts";
import type { AddRequest } from "./add_request.ts";
import { attach } from "./attach.ts";
import { readDelegateConf } from "./delegate_conf.ts";
import type { NadRequest } from "./nad/resolve_nads.ts";
import type { DelegateConf } from "./plan_delegate.ts";
import { settleAll } from "../shared/settle_all.ts";
import { getDefaultNetwork, getNetworks } from "../shared/kube/networks.ts";
import { clearOlderSandboxes, clearOwnPast, refuseDetached } from "../ipam/earlier_records.ts";
import { writeNetworkStatus } from "./network_status.ts";
import { tellFailure, tellWarnings } from "./pod_events.ts";
import { findUserspaceDrivers } from "./devices/device_drivers.ts";
import type { AssignedDevices } from "./devices/plan_devices.ts";
import type { PodOfDevices } from "./devices/pod_devices.ts";
import { planAttachments } from "./plan_attachments.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";
import { getPod, kubeletUID, type Pod } from "../shared/kube/pod.ts";
import type { SandboxDeps } from "./sandbox_deps.ts";
import { createSandboxKeeper } from "./sandbox_keeper.ts";

/** What ADD needs besides. */
export interface AddDeps extends SandboxDeps {
  readonly client: (signal: AbortSignal) => Promise<KubeClient>;
  /** Asks the kubelet which devices a Pod has. */
  readonly assignedDevices: (pod: PodOfDevices) => Promise<AssignedDevices>;
  /** Where sysfs is mounted. */
  readonly sysfsRoot: string;
}

/** Time for undoing a failed ADD, in milliseconds; it comes on top of the ADD's own. */
const UNDO_MS = 10_000;

/**
 * Attaches a sandbox to all networks that its Pod asks for.
 *
 * @returns the merged result, the runtime's own interface first
 * @throws {CniError} or {AggregateError} of several, after everything that was done is undone; what could not be undone
 *   is in the sandbox's record, for DEL
 */
export async function add(request: AddRequest, deps: AddDeps): Promise<CniResult> {
  const { signal, netns } = request;
  if (!mayBeNetns(netns)) {
    throw new CniError(ErrorCode.InvalidEnvironment, `CNI_NETNS=${JSON.stringify(netns)} is no network namespace`, {
      details: "the container runtime makes the sandbox's namespace before it calls ADD",
    });
  }
  using lock = await deps.records.lock(request, signal);
  refuseDetached(lock, request.containerID);
  const keeper = createSandboxKeeper(deps);
  const known = { ...request, podNamespace: request.identity.namespace };
  const inherited = await clearOwnPast({ ...request, known }, keeper);
  const client = await deps.client(signal);
  const pod = await getPod(client, request.identity, signal);
  const { namespace } = request.identity;
  const node = request.netconf.nodeName || pod.spec.nodeName || request.hostname;
  const log = deps.log.with({ pod: `${namespace}/${pod.metadata.name}`, containerID: request.containerID });
  const about = { client, pod, namespace, node, log };
  const telling = async (error: unknown): Promise<never> => {
    await tellFailure(error, about);
    throw error;
  };
  const attachments = await plan(pod, { client, request, deps }).catch(telling);
  const podUID = kubeletUID(pod) || request.containerID;
  using _podLock = await deps.records.lockPod(podUID, signal);
  await clearOlderSandboxes({ ...request, podUID, known: { podNamespace: known.podNamespace } }, keeper);
  const result = await attach({ request, pod, node, netns, attachments, inherited }, {
    deps: { ...deps, log },
    signal,
    undoSignal: () => AbortSignal.timeout(UNDO_MS),
    onUndone: () => lock.remove(),
  }).catch(telling);
  log.info("attached", {
    interfaces: result.interfaces?.map(({ name }) => name),
    ips: result.ips?.map(({ address }) => address),
  });
  await Promise.all([
    writeNetworkStatus(client, { pod, namespace, attached: attachments, result, signal, log }),
    tellWarnings(attachments, about),
  ]);
  return result;
}

async function plan(
  pod: Pod,
  { client, request, deps }: { client: KubeClient; request: AddRequest; deps: AddDeps },
): Promise<PlannedAttachment[]> {
  const { signal, identity: { namespace } } = request;
  const [{ requests, networks }, nads] = await settleAll([
    resolveNetworks(pod, { client, namespace, signal }),
    findNads(pod, { client, request }),
  ]);
  const hasPool = networks.some(({ spec }) => spec.Options.device_pool) ||
    nads.some(({ nad }) => nad.metadata.annotations?.[NAD_RESOURCE_ANNOTATION]);
  const [delegateConfs, assignedDevices] = await settleAll([
    readDelegateConfs(networks, request),
    hasPool ? deps.assignedDevices(podOfDevices(pod, request)) : undefined,
  ]);
  const planned = planAttachments({
    delegateConfs,
    assignedDevices,
    cniVersion: request.cniVersion,
    namespace,
    firstInterface: request.ifname,
    namingScheme: request.netconf.namingScheme,
    requests,
    networks,
    nads,
  });
  return await withDrivers(planned, { ...deps, signal });
}

async function findNads(
  pod: Pod,
  { client, request }: { client: KubeClient; request: AddRequest },
): Promise<NadRequest[]> {
  const { netconf, identity: { namespace }, signal } = request;
  const annotation = netconf.nadSupport ? pod.metadata.annotations?.[NAD_ANNOTATION] : undefined;
  if (!annotation) return [];
  // Few Pods have it, in clusters that have it at all.
  const { resolveNads } = await import("./nad/resolve_nads.ts");
  return await resolveNads(annotation, { client, namespace, cniDir: cniDirOf(request), signal });
}

/** Where the configurations of delegates are. */
function cniDirOf({ netconf, confDir }: AddRequest): string {
  return netconf.cniDir || confDir;
}

/** The kubelet's API knows Pods by their names only; that this one has the UID of the call was checked when it was read. */
function podOfDevices(pod: Pod, { identity, signal }: AddRequest): PodOfDevices {
  const { namespace, name, uid = kubeletUID(pod) } = identity;
  return { podNamespace: namespace, podName: name, podUID: uid, signal };
}

/** @throws {AggregateError} of a {@linkcode CniError} for each device that is no usable virtual function of this host */
async function withDrivers(
  planned: readonly PlannedAttachment[],
  options: Pick<AddDeps, "run" | "sysfsRoot"> & { signal: AbortSignal },
): Promise<PlannedAttachment[]> {
  const devices = planned.flatMap(({ backend, deviceID, interface: name, subject }) =>
    backend === "sriov" && deviceID !== undefined ? [[deviceID, `${name} on ${subject}`] as const] : []
  );
  const drivers = await findUserspaceDrivers(new Map(devices), options);
  return planned.map((one) => {
    const userspaceDriver = one.backend === "sriov" ? drivers.get(one.deviceID ?? "") : undefined;
    return userspaceDriver === undefined ? one : { ...one, userspaceDriver };
  });
}

/** Of each static network once. */
async function readDelegateConfs(
  networks: readonly Network[],
  request: AddRequest,
): Promise<Map<Network, DelegateConf>> {
  const cniDir = cniDirOf(request);
  return new Map(
    await settleAll(
      [...new Set(networks)].filter(isStatic).map(async (network) =>
        [network, await readDelegateConf(network, cniDir, request.identity.namespace)] as const
      ),
    ),
  );
}

async function resolveNetworks(
  pod: Pod,
  options: { client: KubeClient; namespace: string; signal: AbortSignal },
): Promise<{ requests: InterfaceRequest[]; networks: Network[] }> {
  const { client, namespace, signal } = options;
  const annotation = findAnnotation(pod.metadata.annotations, "interfaces");
  const requests = annotation ? parseInterfacesAnnotation(annotation.value, annotation.name) : [];
  if (requests.length > 0) return { requests, networks: await getNetworks(client, requests, { namespace, signal }) };
  const network = await getDefaultNetwork(client, { namespace, signal });
  const { cidr, net6 } = network.spec.Options;
  const request: InterfaceRequest = {
    kind: network.kind,
    name: network.metadata.name,
    ...(cidr && { ip: "dynamic" }),
    ...(net6 && { ip6: "dynamic" }),
  };
  return { requests: [request], networks: [network] };
}
