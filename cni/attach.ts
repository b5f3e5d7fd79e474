import { allocateAddress } from "../ipam/address_allocator.ts";
import { claim } from "../ipam/claim.ts";
import { writeAttached } from "../ipam/doubtful_record.ts";
import { holderOf, nodeOffset } from "../ipam/holder.ts";
import { Ledger, type OwnedObject } from "../ipam/ledger.ts";
import type { CniResult } from "../shared/cni/cni_result.ts";
import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import type { AddRequest } from "./add_request.ts";
import { type AttachmentIdentity, endpointName, identify } from "./attachment_identity.ts";
import { configure } from "./configure.ts";
import { findPlugin } from "./delegate.ts";
import { readDelegatesMacs, refuseTakenNames, renderDelegateCall, withAnswers } from "./delegates.ts";
import { detach } from "./detach.ts";
import { executeDelegates } from "./execute_delegates.ts";
import { findHostLinks, type HostLinks } from "./host_link.ts";
import { createIpvlans } from "./ipvlan.ts";
import { createUserspaceLinks } from "./userspace_link.ts";
import { renderEndpoint } from "./render_endpoint.ts";
import { withoutAddress } from "../ipam/plan_interfaces.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";
import { kubeletUID, type Pod } from "../shared/kube/pod.ts";
import { planDefaultRoutes } from "./nad/plan_default_routes.ts";
import { type SandboxRecord, withoutLinks } from "./record.ts";
import { type Configured, type GivenAddress, renderRules } from "./render_configuration.ts";
import { mergeResult } from "./result.ts";
import { claimDepsOf } from "../ipam/record_keeper.ts";
import type { SandboxDeps } from "./sandbox_deps.ts";
import { NAD_KIND } from "../shared/schema/nad.ts";
import { settleAll } from "../shared/settle_all.ts";

/** A sandbox that is to be attached, and everything that was decided for it. */
export interface Sandbox {
  readonly request: AddRequest;
  readonly pod: Pod;
  readonly node: string;
  readonly netns: string;
  readonly attachments: readonly PlannedAttachment[];
  /** Records of earlier tries that only wait for writes of unknown fate: this one answers for those from now on. */
  readonly inherited: readonly SandboxRecord[];
}

interface AttachOptions {
  readonly deps: SandboxDeps;
  readonly signal: AbortSignal;
  /** Makes the signal that ends undoing; the ADD's own may have aborted. */
  readonly undoSignal: () => AbortSignal;
  /** Called when all was undone. */
  readonly onUndone: () => void;
}

/** One sandbox being attached: its plan, its record, and the ledger within. */
interface Work {
  readonly sandbox: Sandbox;
  readonly record: SandboxRecord;
  readonly ledger: Ledger;
  readonly identities: ReadonlyMap<string, AttachmentIdentity>;
  readonly deps: SandboxDeps;
  readonly signal: AbortSignal;
}

/**
 * Attaches a sandbox: record, addresses, links, then endpoints while the links are configured. All interfaces go
 * through each step together. The record is also the way back: a failure undoes exactly what DEL would undo after a
 * crash at the same place.
 *
 * @throws {AggregateError} of every failure, after everything is undone
 */
export async function attach(sandbox: Sandbox, options: AttachOptions): Promise<CniResult> {
  const { deps, signal } = options;
  const { attachments, request } = sandbox;
  // Before any effect: without the delegate, nothing of it could be undone either.
  for (const { interface: name, backend, delegate } of attachments) {
    for (const type of delegate ? delegate.plugins.map((plugin) => plugin.type) : [backend]) {
      if (type !== "ipvlan") findPlugin({ interface: name, type }, request.path);
    }
  }
  const work = await begin(sandbox, { deps, signal });
  await using undo = new AsyncDisposableStack();
  undo.defer(() => undoAttach(work, options));
  deps.records.write(work.record);
  for (const earlier of sandbox.inherited) deps.records.remove(earlier);

  const [allocated, hostLinks] = await settleAll([
    allocate(work),
    findHostLinks(attachments, { deps, signal }),
    refuseTakenNames(attachments, { run: deps.run, netns: sandbox.netns, signal }),
  ]);
  const { configured, macs } = await makeLinks(work, { allocated, hostLinks });
  const [first] = configured;
  if (first && first.addresses.length === 0) throw withoutAddress(first.attachment);
  work.record.rules.push(...configured.flatMap(renderRules));
  deps.records.write(snapshot(work));
  const [links] = await settleAll([
    configure(configured, { run: deps.run, netns: sandbox.netns, ownLinks: work.record.links, macs, signal }),
    createEndpoints(work, { configured, macs }),
  ]);

  const result = mergeResult(configured, { links, macs, netns: sandbox.netns });
  writeAttached(snapshot(work), { deps, doubtful: withoutLinks });
  undo.move();
  return result;
}

async function begin(sandbox: Sandbox, context: { deps: SandboxDeps; signal: AbortSignal }): Promise<Work> {
  const { request, pod, node, netns, attachments, inherited } = sandbox;
  const { containerID, networkName } = request;
  const identities = new Map(
    await Promise.all(
      attachments.map(async ({ interface: name }) => [name, await identify(containerID, name)] as const),
    ),
  );
  const record: SandboxRecord = {
    version: 1,
    state: "attaching",
    startedAt: request.startedAt,
    networkName,
    containerID,
    ifname: request.ifname,
    netns,
    args: request.args,
    path: [...request.path],
    node,
    pod: { namespace: request.identity.namespace, name: pod.metadata.name, uid: kubeletUID(pod) },
    links: attachments.filter(({ backend, userspaceDriver }) => backend === "ipvlan" || userspaceDriver !== undefined)
      .map(({ interface: name }) => ({ interface: name, group: identityOf(identities, name).group })),
    rules: [],
    delegates: [],
    objects: inherited.flatMap(({ objects }) => objects),
  };
  const work: Work = {
    sandbox,
    record,
    ledger: new Ledger(record.objects, {
      save: () => context.deps.records.write(snapshot(work)),
      clock: context.deps.clock,
    }),
    identities,
    ...context,
  };
  return work;
}

function snapshot({ record, ledger }: Work): SandboxRecord {
  return { ...record, objects: [...ledger.objects] };
}

async function undoAttach(work: Work, options: AttachOptions): Promise<void> {
  const { deps } = options;
  try {
    await detach(snapshot(work), { deps, signal: options.undoSignal() });
    options.onUndone();
  } catch (error) {
    deps.log.error("a failed ADD could not be undone; DEL or the next command of this node goes on with it", {
      error: messageOf(error),
    });
  }
}

async function allocate(work: Work): Promise<Configured[]> {
  const { sandbox, deps, signal, record, ledger } = work;
  const claims = claimDepsOf(deps, { ledger, containerID: record.containerID });
  const allocator = { ...claims, hints: deps.hints, random: deps.random, nodeOffset: nodeOffset(sandbox.node) };
  return await settleAll(sandbox.attachments.map(async (attachment): Promise<Configured> => {
    const { subject, interface: name, network } = attachment;
    if (network.kind === NAD_KIND) return { attachment, addresses: [] };
    const holder = holderOf(record, { network, interface: name });
    const addresses = await settleAll(attachment.addresses.map(async (planned): Promise<GivenAddress> => {
      const request = { ...planned, holder, subject: `${subject} for ${name}` };
      const value = await allocateAddress(request, { deps: allocator, signal });
      return { family: planned.family, cidr: planned.subnet.cidr, value };
    }));
    return { attachment, addresses };
  }));
}

/** @returns the interfaces with all their addresses, and the hardware addresses that are known, by interface */
async function makeLinks(
  work: Work,
  { allocated, hostLinks }: { allocated: readonly Configured[]; hostLinks: HostLinks },
): Promise<{ configured: Configured[]; macs: Map<string, string> }> {
  const { sandbox: { attachments, netns, request }, record, deps, signal, identities } = work;
  const macOf = (name: string): string => identityOf(identities, name).mac;
  const settings = { ...request.netconf, ...request, hostLinks, macOf };
  for (const one of allocated) {
    const call = renderDelegateCall(one, settings);
    if (call) record.delegates.push(call);
  }
  if (record.delegates.length > 0) deps.records.write(snapshot(work));
  const ipvlans = attachments.filter(({ backend }) => backend === "ipvlan");
  const userspace = attachments.filter(({ userspaceDriver }) => userspaceDriver !== undefined);
  const making = { run: deps.run, netns, groups: record.links, signal };
  const [made, answers] = await settleAll([
    createIpvlans(ipvlans, { ...making, hostLinks }),
    executeDelegates(record.delegates, { ...record, run: deps.run, signal }),
    createUserspaceLinks(userspace, { ...making, macOf }),
  ]);
  const macs = new Map(record.delegates.flatMap(({ interface: name, mac }) => mac ? [[name, mac] as const] : []));
  for (const [{ interface: name }, { mac }] of made) if (mac) macs.set(name, mac);
  for (const { interface: name } of userspace) macs.set(name, macOf(name));
  for (const [name, mac] of await readDelegatesMacs(attachments, making)) macs.set(name, mac);
  return { configured: planDefaultRoutes(withAnswers(allocated, answers)), macs };
}

function identityOf(identities: ReadonlyMap<string, AttachmentIdentity>, name: string): AttachmentIdentity {
  const identity = identities.get(name);
  if (!identity) throw new TypeError(`${name} has no identity`);
  return identity;
}

async function createEndpoints(
  work: Work,
  made: { configured: readonly Configured[]; macs: ReadonlyMap<string, string> },
): Promise<void> {
  const { deps, signal, record, ledger, identities } = work;
  const claims = claimDepsOf(deps, { ledger, containerID: record.containerID });
  const links = made.configured.filter(({ attachment: { nad, interface: name } }) => !nad || made.macs.has(name));
  await settleAll(links.map(async (configured) => {
    const { interface: name, subject } = configured.attachment;
    const endpoint = endpointName(record.pod.name, identityOf(identities, name));
    const object: OwnedObject = { kind: "DanmEp", namespace: record.pod.namespace, name: endpoint, interface: name };
    const spec = renderEndpoint(record, { configured, endpoint, mac: made.macs.get(name) });
    if (await claim(object, spec, { deps: claims, signal }) !== undefined) return;
    throw new CniError(
      ErrorCode.TryAgain,
      `${name} on ${subject}: DanmEp ${record.pod.namespace}/${endpoint} exists already`,
      {
        details: "a sandbox of this container id was attached before and its record is lost; delete that DanmEp",
      },
    );
  }));
}
