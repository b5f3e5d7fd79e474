import { AllocationRecord } from "../ipam/allocation_record.ts";
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

/** What a node knows of one sandbox: enough for DEL to undo everything. */
export const SandboxRecord = z.extend(AllocationRecord, {
  netns: z.string(),
  args: z.string(),
  path: z.array(z.string()),
  links: z.array(OwnLink),
  rules: z.array(OwnRule),
  delegates: z.array(DelegateCall),
});
/** What a node knows of one sandbox. */
export type SandboxRecord = z.infer<typeof SandboxRecord>;
