import type { ClusterNode } from "./cluster_node.ts";

/** Where a node's runtime and plugins remember sandboxes: results of plugins, addresses of the plugin `host-local`. */
const MEMORY = ["/var/lib/cni/results", "/var/lib/cni/networks"];

/**
 * Lists what is in the directories, namespaces and veth links. A file for a namespace that has none is what containerd
 * leaves when it is killed between making it and mounting the namespace, before any plugin was called.
 */
const LIST = `
for dir; do if [ -d "$dir" ]; then find "$dir" -type f; fi; done
if [ -d /run/netns ]; then find /run/netns -type f -fstype nsfs; fi
ip -oneline link show type veth
`;

/** Files that stay when all Pods are gone. */
const PERMANENT = /\/(lock|last_reserved_ip\.\d+)$/;

/**
 * What a node has of the network of Pods, one line each: namespaces, results, addresses, ports of the bridge, kept
 * containers. Empty when no Pod is there and none left anything.
 */
export async function findNodeTraces(node: ClusterNode): Promise<string[]> {
  const { stdout } = await node.exec(["sh", "-c", LIST, "sh", ...MEMORY]);
  return stdout.split("\n").filter((line) => line !== "" && !PERMANENT.test(line) && !isUplink(line, node));
}

/** A native node's uplink is a veth, too. */
function isUplink(line: string, node: ClusterNode): boolean {
  return new RegExp(`^\\d+: ${node.machine.uplink}@`).test(line);
}
