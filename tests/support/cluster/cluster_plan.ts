/** Addresses and configurations of a cluster's nodes. Numbers of nodes start with 0. */

import type { Node } from "../lab/node.ts";

/** Whatever is in it is a Pod. */
export const POD_CIDR = "10.244.0.0/16";

/** Address of the API server for Pods. */
export const API_SERVICE = "10.96.0.1";

/** The addresses of one node's Pods. */
export function podCidrOf(index: number): string {
  return `10.244.${index + 1}.0/24`;
}

/**
 * What a node's packets are changed with: kube-proxy's mode, and the backend of the plugin `portmap`. Debian's user-mode
 * kernel has nftables for bridges alone.
 */
export function packetFilterOf({ kind }: Pick<Node, "kind">): PacketFilter {
  return kind === "uml" ? "iptables" : "nftables";
}

/** The ways to change packets. */
export type PacketFilter = "nftables" | "iptables";

/** The network that a node's Pods have without us. */
export function bridgeConflist(index: number, backend: PacketFilter): object {
  const ipam = { type: "host-local", ranges: [[{ subnet: podCidrOf(index) }]], routes: [{ dst: "0.0.0.0/0" }] };
  return {
    cniVersion: "1.0.0",
    name: "bridge",
    plugins: [
      { type: "bridge", bridge: "cni0", isGateway: true, hairpinMode: true, ipam },
      { type: "portmap", capabilities: { portMappings: true }, backend },
    ],
  };
}

/** What a kubelet does differently in a cluster: who asks is looked up, images stay. */
export function kubeletSettings(clientCAFile: string): object {
  return {
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile } },
    authorization: { mode: "Webhook" },
    // Nobody answers there: as in a cluster whose DNS is down.
    clusterDNS: ["10.96.0.10"],
    clusterDomain: "cluster.local",
    // There is no registry to get an image from once more.
    imageGCHighThresholdPercent: 100,
    // Only Services need any, and these are kube-proxy's.
    makeIPTablesUtilChains: false,
    // What many Pods at once take is not to be decided by what a kubelet may ask.
    kubeAPIQPS: 500,
    kubeAPIBurst: 1000,
  };
}

/** Configuration of kube-proxy. */
export function renderProxy(options: { kubeconfig: string; name: string; mode: PacketFilter }): string {
  const { kubeconfig, name, mode } = options;
  return JSON.stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode,
    clientConnection: { kubeconfig },
    hostnameOverride: name,
    clusterCIDR: POD_CIDR,
    // Of the machine's kernel, not of a node's.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  });
}

/**
 * Lines for `ip -batch` in a node: the way to other nodes' Pods; to Services, the API server and nowhere else leads the
 * default route.
 */
export function routesOf(
  index: number,
  { addresses, gateway, uplink }: { addresses: readonly string[]; gateway: string; uplink: string },
): string[] {
  const others = addresses.map((address, other) => `route replace ${podCidrOf(other)} via ${address} dev ${uplink}`)
    .filter((_, other) => other !== index);
  return [`route replace default via ${gateway} dev ${uplink}`, ...others];
}
