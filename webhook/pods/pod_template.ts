import { parse } from "../../shared/schema/describe_issues.ts";
import { ObjectMeta } from "../../shared/schema/meta.ts";
import * as z from "zod/mini";

const metadata = z.optional(z.nullable(z.pick(ObjectMeta, { annotations: true })));
const spec = z.optional(z.nullable(z.object({ hostNetwork: z.optional(z.nullable(z.boolean())) })));

/** What is read of a Pod, or of the template of one. */
export const PodTemplate = z.object({ metadata, spec });
/** What is read of a Pod, or of the template of one. */
export type PodTemplate = z.infer<typeof PodTemplate>;

const Template = z.optional(z.nullable(PodTemplate));

/** What is read of a workload. */
const Workload = z.object({
  metadata: z.optional(z.nullable(z.object({
    ownerReferences: z.optional(z.nullable(z.array(z.object({ controller: z.optional(z.nullable(z.boolean())) })))),
  }))),
  spec: z.optional(z.nullable(z.object({
    template: Template,
    /** Of CronJobs. */
    jobTemplate: z.optional(z.nullable(z.object({ spec: z.optional(z.nullable(z.object({ template: Template }))) }))),
  }))),
});

/** @throws {SchemaError} */
export function parsePod(object: unknown): PodTemplate {
  return parse(PodTemplate, object, "Pod");
}

/**
 * The template of a workload's Pods; undefined where another workload made it, whose template was judged before.
 *
 * @throws {SchemaError}
 */
export function findTemplate(object: unknown): PodTemplate | undefined {
  const { metadata, spec } = parse(Workload, object, "workload");
  if (metadata?.ownerReferences?.some(({ controller }) => controller)) return undefined;
  return spec?.jobTemplate?.spec?.template ?? spec?.template ?? undefined;
}
