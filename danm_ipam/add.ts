import { allocateAddress } from "../ipam/address_allocator.ts";
import type { AllocationRecord } from "../ipam/allocation_record.ts";
import { writeAttached } from "../ipam/doubtful_record.ts";
import { clearOlderSandboxes, clearOwnPast, refuseDetached } from "../ipam/earlier_records.ts";
import { holderOf, nodeOffset } from "../ipam/holder.ts";
import { Ledger } from "../ipam/ledger.ts";
import type { PlannedAddress } from "../ipam/plan_addresses.ts";
import { claimDepsOf, type NodeDeps, type RecordKeeper } from "../ipam/record_keeper.ts";
import type { PodIdentity } from "../shared/cni/cni_args.ts";
import type { CniResult } from "../shared/cni/cni_result.ts";
import type { IpRequest } from "../shared/cni/ip_requests.ts";
import type { VerbRequest } from "../shared/cni/plugin.ts";
import { messageOf } from "../shared/errors.ts";
import type { Connect } from "../shared/kube/connect.ts";
import { getNetwork } from "../shared/kube/networks.ts";
import { getPod, kubeletUID, type Pod } from "../shared/kube/pod.ts";
import { checkTenant } from "../shared/schema/allowed_tenants.ts";
import { describeNetwork } from "../shared/schema/describe_network.ts";
import type { Network } from "../shared/schema/network.ts";
import { settleAll } from "../shared/settle_all.ts";
import type { IpamConf } from "./ipam_conf.ts";
import { createKeeper, PLUGIN } from "./keeper.ts";
import { planRequest } from "./plan_request.ts";
import { renderIpamResult, type TakenAddress } from "./render_result.ts";

/** An ADD, its environment and configuration checked. */
export interface AddRequest extends VerbRequest {
  readonly ipam: IpamConf;
  readonly identity: PodIdentity;
  readonly requests: readonly IpRequest[];
  /** Name of the Node object where neither configuration nor Pod tell. */
  readonly hostname: string;
  /** Boot clock when the plugin was called. */
  readonly startedAt: number;
  /** Aborts when the time for the whole ADD is over. */
  readonly signal: AbortSignal;
}

/** What ADD needs of the world. */
export interface AddDeps extends NodeDeps<AllocationRecord> {
  readonly client: Connect;
}

/** Time for undoing a failed ADD, in milliseconds; it comes on top of the ADD's own. */
const UNDO_MS = 10_000;

/**
 * Takes the addresses of one attachment.
 *
 * @returns the addresses and the routes of the network
 * @throws {CniError}, or {AggregateError} of several, after everything that was taken is released; what could not be
 *   released is in the record, for DEL
 */
export async function add(request: AddRequest, deps: AddDeps): Promise<CniResult> {
  const { signal, identity: { namespace } } = request;
  const keeper = createKeeper(deps);
  using lock = await deps.records.lock(request, signal);
  refuseDetached(lock, request.containerID);
  const known = { podNamespace: namespace, networkName: request.networkName };
  const inherited = await clearOwnPast({ ...request, known }, keeper);
  const { pod, network, planned } = await resolve(request, deps);
  const podUID = kubeletUID(pod) || request.containerID;
  using _podLock = await deps.records.lockPod(podUID, signal);
  await clearOlderSandboxes({ ...request, podUID, known }, keeper);
  const record: AllocationRecord = {
    version: 1,
    state: "attaching",
    startedAt: request.startedAt,
    networkName: request.networkName,
    containerID: request.containerID,
    ifname: request.ifname,
    node: request.ipam.nodeName || pod.spec.nodeName || request.hostname,
    pod: { namespace, name: pod.metadata.name, uid: podUID },
    objects: inherited.flatMap(({ objects }) => objects),
  };
  deps.records.write(record);
  for (const earlier of inherited) deps.records.remove(earlier);
  const taken = await take(planned, { record, network, keeper, signal, onUndone: () => lock.remove() });
  const result = renderIpamResult(taken, network.spec.Options);
  deps.log.info("addresses taken", {
    pod: `${namespace}/${pod.metadata.name}`,
    containerID: request.containerID,
    ips: result.ips?.map(({ address }) => address),
  });
  return result;
}

/** @throws {CniError} or {AggregateError}, before anything is done */
async function resolve(
  request: AddRequest,
  deps: AddDeps,
): Promise<{ pod: Pod; network: Network; planned: PlannedAddress[] }> {
  const { signal, identity, ipam: { networkKind: kind, networkName: name }, ipam, requests } = request;
  const { namespace } = identity;
  const client = await deps.client(signal);
  const subject = describeNetwork(kind, namespace, name);
  const [pod, network] = await settleAll([
    getPod(client, identity, signal),
    getNetwork(client, { kind, name, namespace, signal, namedBy: "the ipam section of the CNI configuration" }),
  ]);
  checkTenant(network, { subject, namespace });
  return { pod, network, planned: planRequest({ network, subject, conf: ipam, requests }) };
}

async function take(
  planned: readonly PlannedAddress[],
  at: {
    record: AllocationRecord;
    network: Network;
    keeper: RecordKeeper<AllocationRecord>;
    signal: AbortSignal;
    onUndone: () => void;
  },
): Promise<TakenAddress[]> {
  const { record, network, signal, keeper: { deps } } = at;
  const snapshot = (): AllocationRecord => ({ ...record, objects: [...ledger.objects] });
  const ledger: Ledger = new Ledger(record.objects, {
    save: () => deps.records.write(snapshot()),
    clock: deps.clock,
  });
  const claims = claimDepsOf(deps, { ledger, containerID: record.containerID });
  const allocator = { ...claims, hints: deps.hints, random: deps.random, nodeOffset: nodeOffset(record.node) };
  const holder = holderOf(record, { network, interface: record.ifname, plugin: PLUGIN });
  const subject = describeNetwork(network.kind, record.pod.namespace, network.metadata.name);
  try {
    const taken = await settleAll(planned.map(async (one): Promise<TakenAddress> => {
      const value = await allocateAddress({ ...one, holder, subject }, { deps: allocator, signal });
      return { subnet: one.subnet, value };
    }));
    writeAttached(snapshot(), { deps, doubtful: (left) => left });
    return taken;
  } catch (error) {
    await undo(snapshot(), at);
    throw error;
  }
}

/** The ADD's own time may be over. */
async function undo(
  record: AllocationRecord,
  { keeper, onUndone }: { keeper: RecordKeeper<AllocationRecord>; onUndone: () => void },
): Promise<void> {
  try {
    await keeper.detach(record, { signal: AbortSignal.timeout(UNDO_MS) });
    onUndone();
  } catch (error) {
    keeper.deps.log.error("a failed ADD could not be undone; DEL or the next command of this node goes on with it", {
      error: messageOf(error),
    });
  }
}
