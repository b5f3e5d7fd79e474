import { openRecord } from "../ipam/open_record.ts";
import type { KnownOfAttachment, RecordKeeper } from "../ipam/record_keeper.ts";
import type { RecordFile } from "../ipam/record_store.ts";
import { mayBeNetns } from "../shared/host/netns.ts";
import { identify } from "./attachment_identity.ts";
import { detach } from "./detach.ts";
import type { SandboxRecord } from "./record.ts";
import type { SandboxDeps } from "./sandbox_deps.ts";

/** What a command knows of a sandbox besides its record; all of it may be unknown. */
export interface KnownOfSandbox extends KnownOfAttachment {
  readonly netns?: string;
  readonly args?: string;
  readonly path?: readonly string[];
}

/** How `danm` keeps its records. */
export function createSandboxKeeper(deps: SandboxDeps): RecordKeeper<SandboxRecord> {
  return {
    deps,
    open: (file, options) => openSandboxRecord(file, { deps, ...options }),
    detach: (record, { signal }) => detach(record, { deps, signal }),
    isOver: ({ netns }) => netns !== "" && !mayBeNetns(netns),
  };
}

/**
 * Reads a sandbox's record, or makes a damaged one again.
 *
 * @throws {ApiError} or {CniError}, see {@linkcode openRecord}
 */
export async function openSandboxRecord(
  file: RecordFile,
  options: { deps: SandboxDeps; signal: AbortSignal; known?: KnownOfSandbox },
): Promise<SandboxRecord> {
  const { netns, args = "", path = [] } = options.known ?? {};
  return await openRecord<SandboxRecord>(file, {
    ...options,
    plugin: undefined,
    rebuild: async (record, listed) => {
      const interfaces = [...new Set([record.ifname, ...record.objects.map((object) => object.interface)])];
      const links = interfaces.map(async (name) => ({
        interface: name,
        group: (await identify(record.containerID, name)).group,
      }));
      return {
        ...record,
        netns: netns ?? listed.find((object) => object.netns !== undefined)?.netns ?? "",
        args,
        path: [...path],
        links: await Promise.all(links),
        rules: [],
        delegates: [],
      };
    },
  });
}
