import { NAD_KIND } from "./nad.ts";
import { NETWORK_KINDS } from "./network.ts";
import { ObjectMeta, PathComponent, Routes } from "./meta.ts";
import * as z from "zod/mini";

const text = (maxLength: number) => z.string().check(z.maxLength(maxLength));

/** The attached interface, as it is in the Pod. */
export const DanmEpInterface = z.object({
  Name: text(15),
  /** `address/prefix`, empty or `none` without an IPv4 address. */
  Address: z.optional(text(49)),
  /** `address/prefix`, empty or `none` without an IPv6 address. */
  AddressIPv6: z.optional(text(49)),
  MacAddress: z.optional(text(64)),
  proutes: z.optional(z.nullable(Routes)),
  proutes6: z.optional(z.nullable(Routes)),
  DeviceID: z.optional(text(64)),
});
/** The attached interface, as it is in the Pod. */
export type DanmEpInterface = z.infer<typeof DanmEpInterface>;

/** `spec` of one attached interface: which network, which interface, whose. */
export const DanmEpSpec = z.object({
  /** Of a NetworkAttachmentDefinition of another namespace `<namespace>/<name>`. */
  NetworkName: text(317),
  NetworkType: z.optional(PathComponent),
  EndpointID: z.optional(text(253)),
  Interface: DanmEpInterface,
  Host: z.optional(text(253)),
  Pod: z.optional(text(253)),
  PodUID: z.optional(text(128)),
  CID: z.optional(text(128)),
  netns: z.optional(text(4096)),
  /** Kind of the network; objects of the original may leave it empty for DanmNet. */
  apiType: z.optional(z.enum(["", ...NETWORK_KINDS, NAD_KIND])),
});
/** `spec` of one attached interface. */
export type DanmEpSpec = z.infer<typeof DanmEpSpec>;

/** One attached interface of a Pod. */
export const DanmEp = z.object({ metadata: ObjectMeta, spec: DanmEpSpec });
/** One attached interface of a Pod. */
export type DanmEp = z.infer<typeof DanmEp>;
