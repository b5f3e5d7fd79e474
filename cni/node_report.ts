import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
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
 * The last report of the node agent; undefined when there is none, it is too old to tell anything, or it cannot be read.
 * The last is logged and no more: no ADD needs the report, and a node whose STATUS fails gets no Pods.
 */
export async function readNodeReport(path: string, log: Logger): Promise<NodeReport | undefined> {
  try {
    const { mtime } = await Deno.stat(path);
    if (mtime === null || Date.now() - mtime.getTime() > MAX_AGE_MS) return undefined;
    return parse(NodeReport, JSON.parse(await Deno.readTextFile(path)), path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      log.warn("the report of the node agent is damaged, and does not count", { path, error: messageOf(error) });
    }
    return undefined;
  }
}
