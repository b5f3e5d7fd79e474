import type { KubeClient } from "../shared/kube/client.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import { ObjectMeta } from "../shared/schema/meta.ts";
import * as z from "zod/mini";

/** What is read of a Node. */
const NodeObject = z.object({
  metadata: z.extend(ObjectMeta, { uid: z.string() }),
  status: z.optional(z.object({
    nodeInfo: z.optional(z.object({ containerRuntimeVersion: z.optional(z.string()) })),
  })),
});
/** What is read of a Node. */
export type NodeObject = z.infer<typeof NodeObject>;

/** Reads a Node. @throws {ApiError} */
export async function getNode(
  client: KubeClient,
  { name, signal }: { name: string; signal: AbortSignal },
): Promise<NodeObject> {
  return parse(NodeObject, await client.get(nodePath(name), { signal }), `Node ${name}`);
}

/** Gives a Node labels, or takes those off that are null; what is so already costs nothing. @throws {ApiError} */
export async function labelNode(
  client: KubeClient,
  { name, labels, signal }: { name: string; labels: Readonly<Record<string, string | null>>; signal: AbortSignal },
): Promise<void> {
  await client.patch(nodePath(name), { metadata: { labels } }, {
    contentType: "application/merge-patch+json",
    idempotent: true,
    signal,
  });
}

function nodePath(name: string): string {
  return `/api/v1/nodes/${encodeURIComponent(name)}`;
}
