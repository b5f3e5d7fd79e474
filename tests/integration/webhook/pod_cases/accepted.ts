import { type AnnotatedCase, interfaces } from "../annotated_case.ts";

/** Whatever admission has nothing to say to. */
export const ACCEPTED: readonly AnnotatedCase[] = [
  { name: "no annotations", annotations: {} },
  {
    name: "annotations of others",
    annotations: { "example.com/interfaces": "eth0", "k8s.v1.cni.cncf.io/networks": "[" },
  },
  { name: "a dynamic address", annotations: interfaces([{ network: "v4", ip: "dynamic" }]) },
  { name: "both families", annotations: interfaces([{ network: "dual", ip: "dynamic", ip6: "dynamic" }]) },
  { name: "IPv6 only", annotations: interfaces([{ network: "v6", ip6: "dynamic" }]) },
  { name: "the older prefix", annotations: interfaces([{ network: "v4", ip: "dynamic" }], "danm.k8s.io") },
  { name: "a static address", annotations: interfaces([{ network: "v4", ip: "10.2.0.15" }]) },
  { name: "a static address outside the pool", annotations: interfaces([{ network: "v4", ip: "10.2.0.200" }]) },
  { name: "the network's prefix", annotations: interfaces([{ network: "v4", ip: "10.2.0.15/24" }]) },
  { name: "a router that asks for the gateway", annotations: interfaces([{ network: "dual", ip: "10.1.0.1" }]) },
  { name: "the first of two addresses", annotations: interfaces([{ network: "pair", ip: "10.4.0.0" }]) },
  { name: "the last of two addresses", annotations: interfaces([{ network: "pair", ip: "10.4.0.1" }]) },
  { name: "the only address", annotations: interfaces([{ network: "single", ip: "10.5.0.7" }]) },
  {
    name: "the last address of an IPv6 subnet",
    annotations: interfaces([{ network: "dual", ip6: "fd00:1::ffff:ffff:ffff:ffff" }]),
  },
  { name: "an address written long", annotations: interfaces([{ network: "dual", ip6: "fd00:1:0:0:0:0:0:9" }]) },
  {
    name: "an interface without address after one with",
    annotations: interfaces([{ network: "v4", ip: "dynamic" }, { network: "l2" }, {
      network: "dual",
      ip: "none",
      ip6: "none",
    }]),
  },
  {
    name: "the same network several times",
    annotations: interfaces([{ network: "v4", ip: "dynamic" }, { network: "v4", ip: "dynamic" }, { network: "v4" }]),
  },
  {
    name: "all kinds of networks",
    annotations: interfaces([
      { network: "v4", ip: "dynamic" },
      { tenantNetwork: "mine", ip: "dynamic" },
      { clusterNetwork: "ext", ip: "10.16.1.1" },
    ]),
  },
  {
    name: "one address of two networks",
    annotations: interfaces([{ network: "shared-a", ip: "10.19.0.9" }, { network: "apart", ip: "10.19.0.9" }]),
  },
  { name: "an allowed tenant", annotations: interfaces([{ clusterNetwork: "both", ip: "dynamic" }]) },
  {
    name: "another allowed tenant",
    annotations: interfaces([{ clusterNetwork: "vip", ip: "dynamic" }]),
    namespace: "other",
  },
  {
    name: "policy routes",
    annotations: interfaces([{ network: "dual", ip: "dynamic", proutes: { "10.9.0.0/16": "10.1.0.1" } }]),
  },
  { name: "macvlan", annotations: interfaces([{ network: "mac", ip: "dynamic" }]) },
  { name: "another plugin, its own IPAM", annotations: interfaces([{ network: "flannel" }]) },
  { name: "another plugin, its own IPAM by name", annotations: interfaces([{ network: "flannel", ip: "dynamic" }]) },
  { name: "another plugin, our IPAM", annotations: interfaces([{ network: "bridge", ip: "10.12.0.9" }]) },
  { name: "another plugin, its IPAM though there is a subnet", annotations: interfaces([{ network: "bridge" }]) },
  {
    name: "a prefix and its position of 15 bytes",
    annotations: interfaces([{ network: "v4", ip: "dynamic" }, { network: "longest", ip: "dynamic" }]),
  },
  {
    name: "a prefix that is not used for the first",
    annotations: interfaces([{ network: "too-long", ip: "dynamic" }]),
  },
  {
    name: "a prefix used twice",
    annotations: interfaces([{ network: "v4", ip: "dynamic" }, { network: "prefixed" }, { network: "prefixed" }]),
  },
  { name: "nothing asked for where there is a default", annotations: interfaces("[]"), namespace: "defaulted" },
  { name: "an empty annotation where there is a default", annotations: interfaces(""), namespace: "defaulted" },
  { name: "malformed among our own components", annotations: interfaces("eth0"), namespace: "danm-system" },
  { name: "malformed in kube-system", annotations: interfaces("eth0"), namespace: "kube-system" },
];
