import { ErrorCode } from "../errors.ts";
import { JsonField } from "./json_field.ts";
import type { Attachment } from "./verbs.ts";

/**
 * The key of the specification, which libcni has always passed; and the one that the specification named by mistake in
 * its first text of 1.1.0, which libcni passes beside it, and a runtime that was written from that text alone.
 *
 * @see https://github.com/containernetworking/cni/issues/1101
 */
const KEYS = ["cni.dev/valid-attachments", "cni.dev/attachments"] as const;

/**
 * The attachments that a runtime says are still valid when it calls GC; undefined when it says nothing, as cnitool does.
 *
 * @throws {CniError} code 7 naming the field
 */
export function parseValidAttachments(conf: Readonly<Record<string, unknown>>): readonly Attachment[] | undefined {
  const root = new JsonField(conf, { subject: "configuration", path: "", code: ErrorCode.InvalidConfig });
  const [list] = KEYS.flatMap((key) => root.find(key) ?? []);
  return list?.items().map((entry) => ({
    containerID: entry.get("containerID").nonEmptyText(),
    ifname: entry.get("ifname").nonEmptyText(),
  }));
}
