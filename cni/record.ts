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

/** The plugins that were executed for an interface, with the configurations they got: DEL must be given the same. */
export const DelegateCall = z.object({
  interface: z.string(),
  /** In the order of ADD. */
  plugins: z.array(z.object({
    type: z.string(),
    conf: z.record(z.string(), z.unknown()),
    /** Verbs that the list they are from switches off. */
    skips: z.optional(z.array(z.enum(["CHECK", "GC"]))),
  })),
  /** The hardware address that they were told to give: another link of that name is not theirs. */
  mac: z.optional(z.string()),
  /** More for CNI_ARGS than the runtime gave. */
  args: z.optional(z.string()),
  /** What the last of them answered to ADD. */
  result: z.optional(z.record(z.string(), z.unknown())),
});
/** The plugins that were executed for an interface. */
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

/** What stays of a record when nothing of it is left in the sandbox, but writes to the API server may still come. */
export function withoutLinks(record: SandboxRecord): SandboxRecord {
  return { ...record, links: [], rules: [], delegates: [] };
}
