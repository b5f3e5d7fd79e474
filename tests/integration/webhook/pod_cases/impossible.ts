import { type AnnotatedCase, at, interfaces } from "../annotated_case.ts";

/** What the networks, as they are, cannot give. */
export const IMPOSSIBLE: readonly AnnotatedCase[] = [
  {
    name: "outside the subnet",
    annotations: interfaces([{ network: "v4", ip: "10.2.1.9" }]),
    denied: [[at("[0].ip"), "10.2.1.9 is not inside 10.2.0.0/24"]],
  },
  {
    name: "outside the IPv6 subnet",
    annotations: interfaces([{ network: "dual", ip: "dynamic", ip6: "fd00:2::9" }]),
    denied: [[at("[0].ip6"), "fd00:2::9 is not inside fd00:1::/64"]],
  },
  {
    name: "outside in both families",
    annotations: interfaces([{ network: "dual", ip: "10.2.0.9", ip6: "fd00:2::9" }]),
    denied: [[at("[0].ip"), "10.1.0.0/24"], [at("[0].ip6"), "fd00:1::/64"]],
  },
  {
    name: "outside of a network of the cluster",
    annotations: interfaces([{ clusterNetwork: "ext", ip: "10.17.0.9" }]),
    denied: [[at("[0].ip"), "not inside 10.16.0.0/16"]],
  },
  {
    name: "outside of a tenant's network",
    annotations: interfaces([{ tenantNetwork: "mine", ip: "10.16.0.9" }]),
    denied: [[at("[0].ip"), "not inside 10.15.0.0/24"]],
  },
  {
    name: "the prefix of another subnet",
    annotations: interfaces([{ network: "v4", ip: "10.2.0.9/16" }]),
    denied: [[at("[0].ip"), "which is /24"]],
  },
  {
    name: "the network address",
    annotations: interfaces([{ network: "v4", ip: "10.2.0.0" }]),
    denied: [[at("[0].ip"), "never given"]],
  },
  {
    name: "the broadcast address",
    annotations: interfaces([{ network: "v4", ip: "10.2.0.255" }]),
    denied: [[at("[0].ip"), "broadcast"]],
  },
  {
    name: "the network address of IPv6",
    annotations: interfaces([{ network: "dual", ip6: "fd00:1::" }]),
    denied: [[at("[0].ip6"), "never given"]],
  },
  {
    name: "the last address of an IPv6 pool's subnet",
    annotations: interfaces([{ network: "v6", ip6: "fd00:3::1:ffff" }]),
    denied: [[at("[0].ip6"), "never given"]],
  },
  {
    name: "a family that the network has not",
    annotations: interfaces([{ network: "v4", ip: "dynamic", ip6: "dynamic" }]),
    denied: [[at("[0].ip6"), 'DanmNet apps/v4 has no IPv6 subnet (net6); ask for "none" there']],
  },
  {
    name: "the other family that the network has not",
    annotations: interfaces([{ network: "v6", ip: "10.2.0.9" }]),
    denied: [[at("[0].ip"), "DanmNet apps/v6 has no IPv4 subnet (cidr)"]],
  },
  {
    name: "a family that another plugin's network has not",
    annotations: interfaces([{ network: "bridge", ip: "dynamic", ip6: "dynamic" }]),
    denied: [[at("[0].ip6"), "DanmNet apps/bridge has no net6"]],
  },
  {
    name: "a static address of another plugin's own IPAM",
    annotations: interfaces([{ network: "flannel", ip: "10.0.0.9" }]),
    denied: [[at("[0].ip"), "DanmNet apps/flannel has no cidr"]],
  },
  {
    name: "eth0 without address",
    annotations: interfaces([{ network: "l2" }]),
    denied: [[at("[0]"), "eth0 on DanmNet apps/l2 would have no address"]],
  },
  {
    name: "eth0 that asks for none",
    annotations: interfaces([{ network: "dual", ip: "none" }, { network: "v4", ip: "dynamic" }]),
    denied: [[at("[0]"), "would have no address"]],
  },
  {
    name: "eth0 of another plugin that asks for none",
    annotations: interfaces([{ network: "flannel", ip: "none" }]),
    denied: [[at("[0]"), "would have no address"]],
  },
  {
    name: "a name of 16 bytes",
    annotations: interfaces([{ network: "v4", ip: "dynamic" }, { network: "too-long", ip: "dynamic" }]),
    denied: [[at("[1]"), "abcdefghijklmno1 of interface 1 has 16 bytes"]],
  },
  {
    name: "a name that two interfaces would have",
    annotations: interfaces([
      { network: "v4", ip: "dynamic" },
      { network: "eleven" },
      ...Array.from({ length: 9 }, () => ({ network: "v4" })),
      { network: "one" },
    ]),
    denied: [[at(""), "interface name x11 is given twice: by DanmNet apps/eleven and by DanmNet apps/one"]],
  },
  {
    name: "one address for two interfaces",
    annotations: interfaces([
      { network: "v4", ip: "10.2.0.9" },
      { network: "v4", ip: "10.2.0.10" },
      { network: "v4", ip: "10.2.0.9/24" },
    ]),
    denied: [[at("[2].ip"), "10.2.0.9 is asked for by [0].ip, too"]],
  },
  {
    name: "one IPv6 address for two interfaces",
    annotations: interfaces([{ network: "dual", ip6: "fd00:1::9" }, { network: "dual", ip6: "fd00:1:0::9" }]),
    denied: [[at("[1].ip6"), "fd00:1::9 is asked for by [0].ip6, too"]],
  },
  {
    name: "one address of two networks that share theirs",
    annotations: interfaces([{ network: "shared-a", ip: "10.19.0.9" }, {
      clusterNetwork: "shared-b",
      ip: "10.19.0.9",
    }]),
    denied: [[at("[1].ip"), "10.19.0.9 is asked for by [0].ip, too"]],
  },
  {
    name: "a fault behind a network that is not there",
    annotations: interfaces([{ network: "later", ip: "dynamic" }, { network: "v4", ip: "10.3.0.9" }]),
    denied: [[at("[1].ip"), "not inside"]],
    warned: ["danm.io/interfaces[0]: DanmNet apps/later does not exist"],
  },
];
