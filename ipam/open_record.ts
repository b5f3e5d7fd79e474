import { CniError, messageOf } from "../shared/errors.ts";
import type { AllocationRecord } from "./allocation_record.ts";
import type { ListedObject } from "./stored_object.ts";
import type { KnownOfAttachment, NodeDeps } from "./record_keeper.ts";
import type { RecordFile } from "./record_store.ts";

/** Adds to a record that is made again what the plugin's own records have besides. */
export type Rebuild<R extends AllocationRecord> = (
  record: AllocationRecord,
  listed: readonly ListedObject[],
) => R | Promise<R>;

interface OpenOptions<R extends AllocationRecord> {
  readonly deps: NodeDeps<R>;
  readonly signal: AbortSignal;
  /** The plugin whose addresses they are; see `plugin` of DanmIps. */
  readonly plugin: ListedObject["plugin"];
  readonly known?: KnownOfAttachment | undefined;
  readonly rebuild: Rebuild<R>;
}

/**
 * Reads a record, its attachment being locked. One that is damaged (zero length after a loss of power) is kept under
 * another name, and made again from what the API server has under the container id, so that it blocks neither DEL nor
 * ADD for ever. What only the damaged file knew is delegates' links and policy rules, which go with the namespace, and
 * writes that may still come, which the cleaner finds.
 *
 * @throws {ApiError} when the API server does not tell; the damaged record is then still in its place
 * @throws {CniError} code 5 when the record cannot be written again
 */
export async function openRecord<R extends AllocationRecord>(file: RecordFile, options: OpenOptions<R>): Promise<R> {
  const { deps } = options;
  try {
    return deps.records.read(file);
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    const record = await makeAgain(file, options);
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

async function makeAgain<R extends AllocationRecord>(file: RecordFile, options: OpenOptions<R>): Promise<R> {
  const { deps, signal, plugin, known = {}, rebuild } = options;
  const { containerID, ifname, podUID, state } = file;
  const { podNamespace, networkName = "" } = known;
  const others = namesInOtherRecords(file, deps);
  const listed = (await deps.objects.listOwned({ containerID, podNamespace }, signal))
    .filter((object) => object.plugin === plugin && object.podUID === podUID && !others.has(object.name));
  const record: AllocationRecord = {
    version: 1,
    state,
    // Not known: older than whatever is compared with it.
    startedAt: 0,
    networkName,
    containerID,
    ifname,
    node: "",
    pod: { namespace: podNamespace ?? "", name: "", uid: podUID },
    objects: listed.map(({ kind, namespace, name, interface: of, uid }) => ({
      kind,
      namespace,
      name,
      interface: of,
      uid,
    })),
  };
  return await rebuild(record, listed);
}

/** A container may have several attachments of ours, each with a record of its own: what theirs name is theirs. */
function namesInOtherRecords<R extends AllocationRecord>(file: RecordFile, deps: NodeDeps<R>): ReadonlySet<string> {
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
