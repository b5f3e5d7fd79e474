import { type AnnotatedCase, interfaces } from "../annotated_case.ts";

/** What may still come right, or has no effect. */
export const WARNED: readonly AnnotatedCase[] = [
  {
    name: "a network that is not there",
    annotations: interfaces([{ network: "later", ip: "dynamic" }]),
    warned: ["danm.io/interfaces[0]: DanmNet apps/later does not exist"],
  },
  {
    name: "a network of another namespace",
    annotations: interfaces([{ network: "elsewhere", ip: "dynamic" }]),
    warned: ["DanmNet apps/elsewhere does not exist"],
  },
  {
    name: "a network of another kind",
    annotations: interfaces([{ clusterNetwork: "v4", ip: "dynamic" }, { tenantNetwork: "v4", ip: "10.9.9.9" }]),
    warned: ["[0]: ClusterNetwork v4 does not exist", "[1]: TenantNetwork apps/v4 does not exist"],
  },
  {
    name: "a network that is not for the namespace",
    annotations: interfaces([{ clusterNetwork: "vip", ip: "dynamic" }]),
    warned: ["ClusterNetwork vip may not be used from namespace apps"],
  },
  {
    name: "what a network that is not for the namespace has, stays unsaid",
    annotations: interfaces([{ clusterNetwork: "vip", ip: "10.99.0.9" }]),
    warned: ["ClusterNetwork vip may not be used from namespace apps"],
  },
  {
    name: "policy routes without a table",
    annotations: interfaces([{ network: "v4", ip: "dynamic", proutes: { "10.9.0.0/16": "10.2.0.1" } }]),
    warned: ["[0].proutes: not set, as DanmNet apps/v4 has no rt_tables"],
  },
  {
    name: "the host's network",
    annotations: interfaces([{ network: "later", ip: "dynamic" }]),
    spec: { hostNetwork: true },
    warned: ["danm.io/interfaces: has no effect on a Pod with hostNetwork"],
  },
  {
    name: "nothing asked for, and no default",
    annotations: interfaces("[]"),
    warned: ["asks for nothing, and namespace apps has no network called default"],
  },
  {
    name: "both prefixes",
    annotations: { ...interfaces([{ network: "v4", ip: "dynamic" }]), ...interfaces("eth0", "danm.k8s.io") },
    warned: ["danm.k8s.io/interfaces: not read, as danm.io/interfaces is there, too"],
  },
  {
    name: "a misspelt annotation",
    annotations: { "danm.io/interface": "[]" },
    warned: ["danm.io/interface: not read on a Pod, only danm.io/interfaces"],
  },
  {
    name: "an annotation of Services",
    annotations: { ...interfaces([{ network: "v4", ip: "dynamic" }]), "danm.k8s.io/selector": "{}" },
    warned: ["danm.k8s.io/selector: not read on a Pod"],
  },
  {
    name: "more warnings than anybody reads",
    annotations: interfaces(Array.from({ length: 9 }, (_, index) => ({ network: `later-${index}`, ip: "dynamic" }))),
    warned: ["later-0", "later-1", "later-2", "later-3", "later-4", "and 4 more warnings of DANM"],
  },
  {
    name: "a warning longer than anybody reads",
    annotations: interfaces([{ network: "a".repeat(140) }]),
    warned: ["aaa…"],
  },
  {
    name: "the mirror of a Pod that runs already",
    annotations: { ...interfaces([{ network: "v4", ip: "10.3.0.9" }]), "kubernetes.io/config.mirror": "4711" },
    spec: { nodeName: "node-1" },
    warned: ["danm.io/interfaces[0].ip: 10.3.0.9 is not inside 10.2.0.0/24"],
  },
];
