import { resourcePath } from "../../../shared/schema/resources.ts";

/** Path of the DanmEps of the default namespace. */
export const EPS = resourcePath("DanmEp", { namespace: "default" });
/** Path of the DanmNets of the default namespace. */
export const NETWORKS = resourcePath("DanmNet", { namespace: "default" });

/** A DanmIp of a Pod on a node. */
export function danmIp(address: string, node: string): Record<string, unknown> {
  const spec = {
    space: "cn.n",
    address,
    networkKind: "ClusterNetwork",
    networkNamespace: "",
    networkName: "n",
    podNamespace: "default",
    podName: "p",
    podUID: "u",
    containerID: "c",
    interface: "eth0",
    node,
  };
  return { apiVersion: "danm.io/v1", kind: "DanmIp", metadata: { name: `${address}.cn.n` }, spec };
}

/** Path of the DanmIp of an address. */
export function danmIpPath(address: string): string {
  return resourcePath("DanmIp", { name: `${address}.cn.n` });
}

/** A DanmEp of a Pod on a node. */
export function danmEp(name: string, node: string, metadata: Record<string, unknown> = {}): Record<string, unknown> {
  const spec = { NetworkName: "n", Interface: { Name: "eth0" }, Host: node, apiType: "ClusterNetwork" };
  return { apiVersion: "danm.io/v1", kind: "DanmEp", metadata: { name, ...metadata }, spec };
}

/** A DanmNet. */
export function network(Options: Record<string, unknown>): Record<string, unknown> {
  return { apiVersion: "danm.io/v1", kind: "DanmNet", metadata: { name: "n" }, spec: { NetworkID: "n", Options } };
}
