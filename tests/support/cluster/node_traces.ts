import type { ClusterNode } from "./cluster_node.ts";

/** Where a node's runtime and plugins remember sandboxes: results of plugins, addresses of the plugin `host-local`. */
const MEMORY = ["/run/netns", "/var/lib/cni/results", "/var/lib/cni/networks"];

/** Files that stay when all Pods are gone. */
const PERMANENT = /\/(lock|last_reserved_ip\.\d+)$/;

/**
 * What a node has of the network of Pods, one line each: namespaces, results, addresses, ports of the bridge, kept
 * containers. Empty when no Pod is there and none left anything.
 */
export async function findNodeTraces(node: ClusterNode): Promise<string[]> {
  const script = 'for dir; do [ -d "$dir" ] && find "$dir" -type f; done; ip -oneline link show type veth';
  const { stdout } = await node.exec(["sh", "-c", script, "sh", ...MEMORY]);
  return stdout.split("\n").filter((line) => line !== "" && !PERMANENT.test(line) && !isUplink(line, node));
}

/** A native node's uplink is a veth, too. */
function isUplink(line: string, node: ClusterNode): boolean {
  return new RegExp(`^\\d+: ${node.machine.uplink}@`).test(line);
}
