import { allocateAddress } from "../ipam/address_allocator.ts";
import { claim } from "../ipam/claim.ts";
import { writeAttached } from "../ipam/doubtful_record.ts";
import { holderOf, nodeOffset } from "../ipam/holder.ts";
import type { OwnedObject } from "../ipam/ledger.ts";
import type { CniResult } from "../shared/cni/cni_result.ts";
import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import { begin, identityOf, type Sandbox, snapshot, type Work } from "./attach_work.ts";
import { endpointName } from "./attachment_identity.ts";
import { configure } from "./configure.ts";
import { findPlugin } from "./delegate.ts";
import { refuseTakenNames, withAnswers } from "./delegates.ts";
import { detach } from "./detach.ts";
import { executeOthers, makeOwnLinks } from "./make_links.ts";
import { renderEndpoint } from "./render_endpoint.ts";
import { withoutAddress } from "../ipam/plan_interfaces.ts";
import { planDefaultRoutes } from "./nad/plan_default_routes.ts";
import { withoutLinks } from "./record.ts";
import { type Configured, type GivenAddress, renderRules } from "./render_configuration.ts";
import { mergeResult } from "./result.ts";
import { claimDepsOf } from "../ipam/record_keeper.ts";
import type { SandboxDeps } from "./sandbox_deps.ts";
import { NAD_KIND } from "../shared/schema/nad.ts";
import { settleAll } from "../shared/settle_all.ts";

interface AttachOptions {
  readonly deps: SandboxDeps;
  readonly signal: AbortSignal;
  /** Makes the signal that ends undoing; the ADD's own may have aborted. */
  readonly undoSignal: () => AbortSignal;
  /** Called when all was undone. */
  readonly onUndone: () => void;
}

/**
 * Attaches a sandbox: record, addresses and links, then endpoints while the links are configured. Links that we
 * configure ourselves are made while addresses are still asked for. All interfaces go through each step together. The
 * record is also the way back: a failure undoes exactly what DEL would undo after a crash at the same place.
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

  const [allocated, ownMacs] = await settleAll([
    allocate(work),
    makeOwnLinks(work),
    refuseTakenNames(attachments, { run: deps.run, netns: sandbox.netns, signal }),
  ]);
  const { answers, macs } = await executeOthers(work, { allocated, ownMacs });
  const configured = planDefaultRoutes(withAnswers(allocated, answers));
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

async function createEndpoints(
  work: Work,
  made: { configured: readonly Configured[]; macs: ReadonlyMap<string, string> },
): Promise<void> {
  const { deps, signal, record, ledger } = work;
  const claims = claimDepsOf(deps, { ledger, containerID: record.containerID });
  const links = made.configured.filter(({ attachment: { nad, interface: name } }) => !nad || made.macs.has(name));
  await settleAll(links.map(async (configured) => {
    const { interface: name, subject } = configured.attachment;
    const endpoint = endpointName(record.pod.name, identityOf(work, name));
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
