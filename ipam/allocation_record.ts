import type { OwnedObject } from "./ledger.ts";
import "../shared/schema/locale.ts";
import * as z from "zod/mini";

const Owned = z.object({
  kind: z.enum(["DanmIp", "DanmEp"]),
  namespace: z.optional(z.string()),
  name: z.string(),
  interface: z.string(),
  uid: z.optional(z.string()),
  unsettledAt: z.optional(z.number()),
}) satisfies z.ZodMiniType<OwnedObject>;

/**
 * What a node knows of one attachment that addresses were taken for: enough to release them without the Pod, the
 * network or the configuration. Written before the first request, removed last.
 */
export const AllocationRecord = z.object({
  version: z.literal(1),
  /**
   * `attaching`: an ADD is at work, or died; `attached`: it succeeded;
   * `detaching`: it is being undone, or that died; `doubtful`: all is undone but for writes that may still come.
   */
  state: z.enum(["attaching", "attached", "detaching", "doubtful"]),
  /** Boot clock when the ADD was called. */
  startedAt: z.number(),
  /** `name` of the CNI configuration. */
  networkName: z.string(),
  containerID: z.string(),
  /** The interface that the caller named. */
  ifname: z.string(),
  node: z.string(),
  pod: z.object({ namespace: z.string(), name: z.string(), uid: z.string() }),
  objects: z.array(Owned),
});
/** What a node knows of one attachment that addresses were taken for. */
export type AllocationRecord = z.infer<typeof AllocationRecord>;
