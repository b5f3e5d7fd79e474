import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import * as z from "zod/mini";

/** What the node agent (the netwatcher) last saw, in a file that it replaces by rename. */
export const NodeReport = z.object({
  /** Whether it reaches the API server. */
  apiServerReachable: z.boolean(),
  /** Since when that is so, RFC 3339. */
  since: z.string(),
});
/** What the node agent last saw. */
export type NodeReport = z.infer<typeof NodeReport>;

/** Age beyond which a report tells nothing: its writer is gone. In milliseconds. */
const MAX_AGE_MS = 120_000;

/**
 * The last report of the node agent; undefined when there is none, or it is too old to tell anything.
 *
 * @throws {CniError} code 50 when there is one that cannot be read
 */
export async function readNodeReport(path: string): Promise<NodeReport | undefined> {
  try {
    const { mtime } = await Deno.stat(path);
    if (mtime === null || Date.now() - mtime.getTime() > MAX_AGE_MS) return undefined;
    return parse(NodeReport, JSON.parse(await Deno.readTextFile(path)), path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new CniError(ErrorCode.Unavailable, `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
