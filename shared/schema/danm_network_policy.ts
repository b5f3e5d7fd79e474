import { NETWORK_KINDS } from "./network.ts";
import { Conditions, ObjectMeta } from "./meta.ts";
import * as z from "zod/mini";

const labelKey = z.string().check(z.maxLength(317));
const labelValue = z.string().check(z.maxLength(63), z.regex(/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/));

/** A condition on one label. */
export const LabelRequirement = z.object({
  key: labelKey.check(z.minLength(1)),
  operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
  values: z.optional(z.array(labelValue).check(z.maxLength(64))),
});
/** A condition on one label. */
export type LabelRequirement = z.infer<typeof LabelRequirement>;

/** A Kubernetes label selector; `{}` selects everything. */
export const LabelSelector = z.object({
  matchLabels: z.optional(z.record(labelKey, labelValue)),
  matchExpressions: z.optional(z.array(LabelRequirement).check(z.maxLength(64))),
});
/** A Kubernetes label selector. */
export type LabelSelector = z.infer<typeof LabelSelector>;

/** A network by name and kind; the kind defaults to DanmNet. */
export const NetworkReference = z.object({
  name: z.string().check(z.minLength(1), z.maxLength(140)),
  type: z._default(z.enum(NETWORK_KINDS), "DanmNet"),
});
/** A network by name and kind. */
export type NetworkReference = z.infer<typeof NetworkReference>;

const networkSelector = z.array(NetworkReference).check(z.maxLength(32));
const subnet = z.string().check(z.minLength(1), z.maxLength(49));

/** A subnet without some parts of it. */
export const IpBlock = z.object({ cidr: subnet, except: z.optional(z.array(subnet).check(z.maxLength(32))) });
/** A subnet without some parts of it. */
export type IpBlock = z.infer<typeof IpBlock>;

/** The other side of a connection. */
export const PolicyPeer = z.object({
  podSelector: z.optional(LabelSelector),
  namespaceSelector: z.optional(LabelSelector),
  ipBlock: z.optional(IpBlock),
  networkSelector: z.optional(networkSelector),
});
/** The other side of a connection. */
export type PolicyPeer = z.infer<typeof PolicyPeer>;

/** A port, a range of ports, or all ports of a protocol. */
export const PolicyPort = z.object({
  protocol: z._default(z.enum(["TCP", "UDP", "SCTP"]), "TCP"),
  port: z.optional(z.union([z.int().check(z.minimum(1), z.maximum(65535)), z.string().check(z.maxLength(15))])),
  endPort: z.optional(z.int().check(z.minimum(1), z.maximum(65535))),
});
/** A port, a range of ports, or all ports of a protocol. */
export type PolicyPort = z.infer<typeof PolicyPort>;

/** `status` of a policy, written by the policer. */
export const DanmNetworkPolicyStatus = z.object({
  observedGeneration: z.optional(z.int().check(z.minimum(0))),
  conditions: z.optional(Conditions),
});
/** `status` of a policy, written by the policer. */
export type DanmNetworkPolicyStatus = z.infer<typeof DanmNetworkPolicyStatus>;

const ports = z.optional(z.array(PolicyPort).check(z.maxLength(64)));
const peers = z.optional(z.array(PolicyPeer).check(z.maxLength(64)));

/** What may come in. */
export const IngressRule = z.object({ ports, from: peers });
/** What may come in. */
export type IngressRule = z.infer<typeof IngressRule>;

/** What may go out. */
export const EgressRule = z.object({ ports, to: peers });
/** What may go out. */
export type EgressRule = z.infer<typeof EgressRule>;

/** `spec` of a policy: NetworkPolicy's, and selectors of networks. */
export const DanmNetworkPolicySpec = z.object({
  podSelector: z.optional(LabelSelector),
  networkSelector: z.optional(networkSelector),
  policyTypes: z.optional(z.array(z.enum(["Ingress", "Egress"])).check(z.maxLength(2))),
  ingress: z.optional(z.array(IngressRule).check(z.maxLength(64))),
  egress: z.optional(z.array(EgressRule).check(z.maxLength(64))),
});
/** `spec` of a policy. */
export type DanmNetworkPolicySpec = z.infer<typeof DanmNetworkPolicySpec>;

/** NetworkPolicy for every interface of a Pod. */
export const DanmNetworkPolicy = z.object({
  metadata: ObjectMeta,
  spec: DanmNetworkPolicySpec,
  status: z.optional(DanmNetworkPolicyStatus),
});
/** NetworkPolicy for every interface of a Pod. */
export type DanmNetworkPolicy = z.infer<typeof DanmNetworkPolicy>;
