import { NETWORK_KINDS } from "./network.ts";
import { AddressText, ObjectMeta } from "./meta.ts";
import * as z from "zod/mini";

export { danmIpName } from "./danm_ip_name.ts";

const dnsName = z.string().check(z.minLength(1), z.maxLength(253));

/** `spec` of a held address: which one, of which network, and who holds it. Never changes. */
export const DanmIpSpec = z.object({
  space: z.string().check(z.minLength(4), z.maxLength(207), z.regex(/^(dn|tn|cn|as)\.[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)),
  address: AddressText,
  networkKind: z.enum(NETWORK_KINDS),
  networkNamespace: z.string().check(z.maxLength(63)),
  networkName: z.string().check(z.minLength(1), z.maxLength(140)),
  podNamespace: z.string().check(z.minLength(1), z.maxLength(63)),
  podName: dnsName,
  podUID: z.string().check(z.minLength(1), z.maxLength(128)),
  containerID: z.string().check(z.minLength(1), z.maxLength(128), z.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/)),
  interface: z.string().check(z.minLength(1), z.maxLength(15)),
  node: dnsName,
  /**
   * The plugin that took the address, where that is not `danm`: it was called without `danm`, so there is no DanmEp, and
   * the address is its Pod's as long as that lives.
   */
  plugin: z.optional(z.literal("danm-ipam")),
});
/** `spec` of a held address. */
export type DanmIpSpec = z.infer<typeof DanmIpSpec>;

/** One held address. Creating this object is the lock: its name is made of the address and its space. */
export const DanmIp = z.object({ metadata: ObjectMeta, spec: DanmIpSpec });
/** One held address. */
export type DanmIp = z.infer<typeof DanmIp>;
