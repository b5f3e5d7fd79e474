import { Conditions, ObjectMeta } from "./meta.ts";
import * as z from "zod/mini";

const device = z.string().check(
  z.minLength(1),
  z.maxLength(316),
  z.regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)?$/),
);

/** A host device, or a device pool (its name has a slash), that tenants may use, and the VNIs it has for them. */
export const HostDevice = z.object({
  name: device,
  vniType: z.optional(z.enum(["", "vlan", "vxlan"])),
  /** `700-710,900`. */
  vniRange: z.optional(
    z.string().check(z.maxLength(1024), z.regex(/^([0-9]{1,8}(-[0-9]{1,8})?(,[0-9]{1,8}(-[0-9]{1,8})?)*)?$/)),
  ),
  alloc: z.optional(z.string().check(z.maxLength(2_800_000), z.regex(/^[A-Za-z0-9+/]*={0,2}$/))),
});
/** A host device or device pool that tenants may use. */
export type HostDevice = z.infer<typeof HostDevice>;

/** A VNI that a tenant's network holds on a device. */
export const VniReservation = z.object({
  device,
  vniType: z.enum(["vlan", "vxlan"]),
  vni: z.int().check(z.minimum(1), z.maximum(16777214)),
  /** `namespace/name` of the TenantNetwork. */
  network: z.string().check(z.minLength(3), z.maxLength(317), z.regex(/^[^/]+\/[^/]+$/)),
});
/** A VNI that a tenant's network holds on a device. */
export type VniReservation = z.infer<typeof VniReservation>;

/** `status` of a TenantConfig: the reservations and its conditions. */
export const TenantConfigStatus = z.object({
  reservations: z.optional(z.array(VniReservation).check(z.maxLength(16384))),
  conditions: z.optional(Conditions),
});
/** `status` of a TenantConfig. */
export type TenantConfigStatus = z.infer<typeof TenantConfigStatus>;

/** Which host devices, VNI ranges and CNI configurations tenants may get. It has no `spec`. */
export const TenantConfig = z.object({
  metadata: ObjectMeta,
  hostDevices: z.optional(z.nullable(z.array(HostDevice).check(z.maxLength(64)))),
  networkIds: z.optional(z.nullable(z.record(z.string().check(z.maxLength(128)), z.string().check(z.maxLength(128))))),
  status: z.optional(TenantConfigStatus),
});
/** Which host devices, VNI ranges and CNI configurations tenants may get. */
export type TenantConfig = z.infer<typeof TenantConfig>;
