/** Addresses and configurations of a cluster's nodes. Numbers of nodes start with 0. */

/** Whatever is in it is a Pod. */
export const POD_CIDR = "10.244.0.0/16";

/** Address of the API server for Pods. */
export const API_SERVICE = "10.96.0.1";

/** The addresses of one node's Pods. */
export function podCidrOf(index: number): string {
  return `10.244.${index + 1}.0/24`;
}

/** The network that a node's Pods have without us. */
export function bridgeConflist(index: number): object {
  const ipam = { type: "host-local", ranges: [[{ subnet: podCidrOf(index) }]], routes: [{ dst: "0.0.0.0/0" }] };
  return {
    cniVersion: "1.0.0",
    name: "bridge",
    plugins: [
      { type: "bridge", bridge: "cni0", isGateway: true, hairpinMode: true, ipam },
      { type: "portmap", capabilities: { portMappings: true }, backend: "nftables" },
    ],
  };
}

/** What a kubelet does differently in a cluster: who asks is looked up, images stay. */
export function kubeletSettings(clientCAFile: string): object {
  return {
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile } },
    authorization: { mode: "Webhook" },
    // There is no registry to get an image from once more.
    imageGCHighThresholdPercent: 100,
    // kube-proxy is told to use nftables.
    makeIPTablesUtilChains: false,
  };
}

/** Configuration of kube-proxy. */
export function renderProxy({ kubeconfig, name }: { kubeconfig: string; name: string }): string {
  return JSON.stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
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
