import { Ledger } from "../ipam/ledger.ts";
import { kubeletUID, type Pod } from "../shared/kube/pod.ts";
import type { AddRequest } from "./add_request.ts";
import { type AttachmentIdentity, identify } from "./attachment_identity.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";
import type { SandboxRecord } from "./record.ts";
import type { SandboxDeps } from "./sandbox_deps.ts";

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

/** One sandbox being attached: its plan, its record, and the ledger within. */
export interface Work {
  readonly sandbox: Sandbox;
  readonly record: SandboxRecord;
  readonly ledger: Ledger;
  readonly identities: ReadonlyMap<string, AttachmentIdentity>;
  readonly deps: SandboxDeps;
  readonly signal: AbortSignal;
}

/** Begins to attach: nothing is done yet, and nothing is on disk. */
export async function begin(sandbox: Sandbox, context: { deps: SandboxDeps; signal: AbortSignal }): Promise<Work> {
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
      .map(({ interface: name }) => ({ interface: name, group: identityOf({ identities }, name).group })),
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

/** The record as it is to be on disk now. */
export function snapshot({ record, ledger }: Work): SandboxRecord {
  return { ...record, objects: [...ledger.objects] };
}

/** What distinguishes an interface of the sandbox from all others. */
export function identityOf({ identities }: Pick<Work, "identities">, name: string): AttachmentIdentity {
  const identity = identities.get(name);
  if (!identity) throw new TypeError(`${name} has no identity`);
  return identity;
}
