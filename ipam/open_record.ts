import { CniError, messageOf } from "../shared/errors.ts";
import { identify } from "../cni/attachment_identity.ts";
import type { SandboxRecord } from "../cni/record.ts";
import type { RecordFile } from "./record_store.ts";
import type { SandboxDeps } from "../cni/sandbox_deps.ts";

/** What a command knows of a sandbox besides its record; all of it may be unknown. */
export interface KnownOfSandbox {
  readonly podNamespace?: string | undefined;
  readonly netns?: string;
  readonly networkName?: string;
  readonly args?: string;
  readonly path?: readonly string[];
}

/**
 * Reads a record, its sandbox being locked. One that is damaged (zero length after a loss of power) is kept under
 * another name, and made again from what the API server has under the container id, so that it blocks neither DEL nor
 * ADD for ever. What only the damaged file knew is delegates' links and policy rules, which go with the namespace, and
 * writes that may still come, which the cleaner finds.
 *
 * @throws {ApiError} when the API server does not tell; the damaged record is then still in its place
 * @throws {CniError} code 5 when the record cannot be written again
 */
export async function openRecord(
  file: RecordFile,
  options: { deps: SandboxDeps; signal: AbortSignal; known?: KnownOfSandbox },
): Promise<SandboxRecord> {
  const { deps } = options;
  try {
    return deps.records.read(file);
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    const record = await rebuild(file, options);
    const kept = deps.records.keepDamaged(file);
    deps.records.write(record);
    deps.log.error("a record was damaged; what the API server has of its sandbox takes its place", {
      record: file.path,
      kept,
      objects: record.objects.map(({ kind, name }) => `${kind} ${name}`),
      error: messageOf(error),
    });
    return record;
  }
}

async function rebuild(
  file: RecordFile,
  { deps, signal, known = {} }: { deps: SandboxDeps; signal: AbortSignal; known?: KnownOfSandbox },
): Promise<SandboxRecord> {
  const { containerID, ifname, podUID, state } = file;
  const { podNamespace, networkName = "", args = "", path = [] } = known;
  const listed = await deps.objects.listOwned({ containerID, podNamespace }, signal);
  const others = namesInOtherRecords(file, deps);
  const objects = listed.filter((object) => object.podUID === podUID && !others.has(object.name))
    .map(({ kind, namespace, name, interface: of, uid }) => ({ kind, namespace, name, interface: of, uid }));
  const netns = known.netns ?? listed.find((object) => object.netns !== undefined)?.netns ?? "";
  const interfaces = [...new Set([ifname, ...objects.map((object) => object.interface)])];
  const links = await Promise.all(
    interfaces.map(async (name) => ({ interface: name, group: (await identify(containerID, name)).group })),
  );
  return {
    version: 1,
    state,
    // Not known: older than whatever is compared with it.
    startedAt: 0,
    networkName,
    containerID,
    ifname,
    netns,
    args,
    path: [...path],
    node: "",
    pod: { namespace: podNamespace ?? "", name: "", uid: podUID },
    links,
    rules: [],
    delegates: [],
    objects,
  };
}

/** A container may have several attachments of ours, each with a record of its own: what theirs name is theirs. */
function namesInOtherRecords(file: RecordFile, deps: SandboxDeps): ReadonlySet<string> {
  const names = new Set<string>();
  for (const other of deps.records.list()) {
    if (other.containerID !== file.containerID || other.path === file.path) continue;
    try {
      for (const { name } of deps.records.read(other).objects) names.add(name);
    } catch (error) {
      if (!(error instanceof CniError)) throw error;
      deps.log.warn("another record of the container is damaged, too", { record: other.path });
    }
  }
  return names;
}
