import "../shared/schema/locale.ts";
import * as z from "zod/mini";

const text = z.string();
const GroupVersionKind = z.object({ group: text, version: text, kind: text.check(z.minLength(1)) });
/** Checked as one value: a list of millions of wrong ones would be millions of issues. */
const Texts = z.custom<string[]>((value) => Array.isArray(value) && value.every((one) => typeof one === "string"), {
  error: "Invalid input: expected a list of strings",
});
const GroupVersionResource = z.object({ group: text, version: text, resource: text.check(z.minLength(1)) });

/**
 * `request` of an AdmissionReview, as far as it is read here. `object` is what is to be stored (absent on DELETE),
 * `oldObject` what is stored (absent on CREATE).
 *
 * @see https://kubernetes.io/docs/reference/config-api/apiserver-admission.v1/#admission-k8s-io-v1-AdmissionRequest
 */
export const AdmissionRequest = z.object({
  uid: text.check(z.minLength(1), z.maxLength(256)),
  kind: GroupVersionKind,
  resource: GroupVersionResource,
  subResource: z.optional(text),
  /** Empty where the API server is to make one up (`metadata.generateName`). */
  name: z.optional(text),
  /** Empty for objects of the cluster. */
  namespace: z.optional(text),
  operation: z.enum(["CREATE", "UPDATE", "DELETE", "CONNECT"]),
  userInfo: z.object({
    username: z.optional(text),
    groups: z.optional(z.nullable(Texts)),
  }),
  object: z.optional(z.unknown()),
  oldObject: z.optional(z.unknown()),
  dryRun: z.optional(z.nullable(z.boolean())),
});
/** `request` of an AdmissionReview, as far as it is read here. */
export type AdmissionRequest = z.infer<typeof AdmissionRequest>;
