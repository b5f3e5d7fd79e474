import type { OwnedObject } from "../ipam/ledger.ts";
import "../shared/schema/locale.ts";
import * as z from "zod/mini";

/** A link that this plugin made itself, marked by a link group of its own in the sandbox. */
export const OwnLink = z.object({ interface: z.string(), group: z.number() });
/** A link that this plugin made itself. */
export type OwnLink = z.infer<typeof OwnLink>;

/** A policy rule that this plugin added in the sandbox; it does not vanish with its link. */
export const OwnRule = z.object({ interface: z.string(), from: z.string(), table: z.number() });
/** A policy rule that this plugin added in the sandbox. */
export type OwnRule = z.infer<typeof OwnRule>;

/** A plugin that was executed for an interface, with the configuration it got: DEL must be given the same. */
export const DelegateCall = z.object({
  interface: z.string(),
  type: z.string(),
  conf: z.record(z.string(), z.unknown()),
});
/** A plugin that was executed for an interface, with the configuration it got. */
export type DelegateCall = z.infer<typeof DelegateCall>;

const Owned = z.object({
  kind: z.enum(["DanmIp", "DanmEp"]),
  namespace: z.optional(z.string()),
  name: z.string(),
  interface: z.string(),
  uid: z.optional(z.string()),
  unsettledAt: z.optional(z.number()),
}) satisfies z.ZodMiniType<OwnedObject>;

/**
 * What a node knows of one sandbox: enough for DEL to undo everything without the Pod, the network or the
 * configuration. Written before the first side effect, removed last.
 */
export const SandboxRecord = z.object({
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
  /** The interface that the runtime named. */
  ifname: z.string(),
  netns: z.string(),
  args: z.string(),
  path: z.array(z.string()),
  node: z.string(),
  pod: z.object({ namespace: z.string(), name: z.string(), uid: z.string() }),
  links: z.array(OwnLink),
  rules: z.array(OwnRule),
  delegates: z.array(DelegateCall),
  objects: z.array(Owned),
});
/** What a node knows of one sandbox. */
export type SandboxRecord = z.infer<typeof SandboxRecord>;
