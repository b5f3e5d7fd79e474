import { parse } from "../../shared/schema/describe_issues.ts";
import { ObjectMeta } from "../../shared/schema/meta.ts";
import * as z from "zod/mini";

/** What is read of a Service. */
export const Service = z.object({
  metadata: z.optional(z.nullable(z.pick(ObjectMeta, { annotations: true, deletionTimestamp: true }))),
  spec: z.optional(z.nullable(z.object({
    type: z.optional(z.nullable(z.string())),
    selector: z.optional(z.nullable(z.record(z.string(), z.string()))),
  }))),
});
/** What is read of a Service. */
export type Service = z.infer<typeof Service>;

/** @throws {SchemaError} */
export function parseService(object: unknown): Service {
  return parse(Service, object, "Service");
}
