import { parseAddress } from "../shared/schema/address.ts";
import type { Hints } from "./allocator_deps.ts";
import type { ObjectStore } from "./object_store.ts";

const DANM_IP_NAME = /^(?<text>(?:\d+\.){3}\d+|(?:[0-9a-f]{4}-){7}[0-9a-f]{4})\.(?<space>.+)$/;

/** The store of a node that remembers which addresses it freed, whoever asked for it: DEL, an undo, a sweep. */
export function noteFreed(objects: ObjectStore, hints: Hints): ObjectStore {
  return {
    ...objects,
    async remove(ref, options): Promise<boolean> {
      const removed = await objects.remove(ref, options);
      if (removed && ref.kind === "DanmIp") noteName(ref.name, hints);
      return removed;
    },
  };
}

function noteName(name: string, hints: Hints): void {
  const { text, space } = DANM_IP_NAME.exec(name)?.groups ?? {};
  if (text === undefined || space === undefined) return;
  const { family, value } = parseAddress(text.replaceAll("-", ":"));
  hints.noteFreed(freedPool(space, family), value);
}

/** Under what a node remembers the addresses that it freed: a network may be gone by then, its space is in their names. */
export function freedPool(space: string, family: 4 | 6): string {
  return `${space}.${family}`;
}
