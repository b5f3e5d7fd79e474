import "./locale.ts";
import * as z from "zod/mini";

/** API group of all kinds of this product. */
export const API_GROUP = "danm.io";
/** Its served and stored version, as it stands in `apiVersion`. */
export const API_VERSION = `${API_GROUP}/v1`;
/** Namespace of the product's own components. */
export const SYSTEM_NAMESPACE = "danm-system";

/** The part of a Kubernetes object's metadata that is read here; everything else is ignored. */
export const ObjectMeta = z.object({
  name: z.string(),
  namespace: z.optional(z.string()),
  uid: z.optional(z.string()),
  resourceVersion: z.optional(z.string()),
  generation: z.optional(z.number()),
  creationTimestamp: z.optional(z.nullable(z.string())),
  deletionTimestamp: z.optional(z.nullable(z.string())),
  labels: z.optional(z.nullable(z.record(z.string(), z.string()))),
  annotations: z.optional(z.nullable(z.record(z.string(), z.string()))),
});
/** The part of a Kubernetes object's metadata that is read here. */
export type ObjectMeta = z.infer<typeof ObjectMeta>;

/** `status.conditions[]` as Kubernetes has it in `metav1.Condition`. */
export const Condition = z.object({
  type: z.string().check(
    z.maxLength(316),
    z.regex(
      /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/,
    ),
  ),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string().check(z.minLength(1), z.maxLength(1024), z.regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)),
  message: z.string().check(z.maxLength(32768)),
  lastTransitionTime: z.string().check(z.maxLength(64)),
  observedGeneration: z.optional(z.int().check(z.minimum(0))),
});
/** `status.conditions[]` as Kubernetes has it in `metav1.Condition`. */
export type Condition = z.infer<typeof Condition>;

/** At most 16 conditions, one of each type. */
export const Conditions = z.array(Condition).check(z.maxLength(16));

/** A name that is one component of a path: no slash, no dot in front, so neither `.` nor `..`. May be empty. */
export const PathComponent = z.string().check(z.maxLength(128), z.regex(/^([A-Za-z0-9_][A-Za-z0-9_.-]*)?$/));

/** Name of a kernel link: at most 15 bytes, none that the kernel or `ip` would refuse or misread. May be empty. */
export const LinkName = z.string().check(z.maxLength(15), z.regex(/^([A-Za-z0-9_][A-Za-z0-9_.@-]*)?$/));

/** Text that will be read as an address; only its length is bounded here. May be empty. */
export const AddressText = z.string().check(z.maxLength(45));

/** Text that will be read as `address/prefix`; only its length is bounded here. May be empty. */
export const CidrText = z.string().check(z.maxLength(49));

/** Routes as `{destination subnet: gateway address}`. */
export const Routes = z.record(CidrText, AddressText);
/** Routes as `{destination subnet: gateway address}`. */
export type Routes = z.infer<typeof Routes>;
