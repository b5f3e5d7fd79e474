import { type Address, formatAddress } from "../../../shared/schema/address.ts";
import type { DanmIp, DanmIpSpec } from "../../../shared/schema/danm_ip.ts";
import type { Network, NetworkOptions } from "../../../shared/schema/network.ts";

/** ClusterNetwork `n`. */
export function networkOf(options: NetworkOptions): Network {
  return { kind: "ClusterNetwork", metadata: { name: "n" }, spec: { NetworkType: "ipvlan", Options: options } };
}

/** An address of ClusterNetwork `n` that Pod `default/p` holds, but for what `spec` says. */
export function heldAddress(address: string | Address, spec: Partial<DanmIpSpec> = {}): DanmIp {
  const text = typeof address === "string" ? address : formatAddress(address);
  return {
    metadata: { name: `${text}.cn.n`, creationTimestamp: "2026-01-02T03:04:05Z" },
    spec: {
      space: "cn.n",
      address: text,
      networkKind: "ClusterNetwork",
      networkNamespace: "",
      networkName: "n",
      podNamespace: "default",
      podName: "p",
      podUID: "u",
      containerID: "c",
      interface: "eth0",
      node: "node-1",
      ...spec,
    },
  };
}
