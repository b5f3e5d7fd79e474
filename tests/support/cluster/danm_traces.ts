import type { DanmEp } from "../../../shared/schema/danm_ep.ts";
import type { DanmIp } from "../../../shared/schema/danm_ip.ts";
import { resourcePath } from "../../../shared/schema/resources.ts";
import { waitFor } from "../wait.ts";
import type { ClusterNode } from "./cluster_node.ts";
import { findNodeTraces } from "./node_traces.ts";
import type { Cluster } from "./running_cluster.ts";

/** Records of sandboxes that are attached, or half so. A doubtful one holds nothing; the node's next command looks at it. */
const RECORD = /\.(attaching|attached|detaching)$/;

/** Folders of which an installation may leave nothing. */
const INSTALLED = ["/opt/cni/bin", "/etc/cni/net.d", "/var/lib/danm", "/var/lib/cni", "/run/danm"];

/** What becomes of Pods and runtime, not of an installation. */
const NOT_INSTALLED = /^\/var\/lib\/cni\/(results|networks)\/|\/cni\.lock$/;

/** What API and nodes have of Pods' networks, one line each; empty when no Pod is there and none left anything. */
export async function findPodTraces(cluster: Cluster): Promise<string[]> {
  return [await findObjects(cluster), ...await Promise.all(cluster.nodes.map(findOnNode))].flat();
}

/**
 * Waits until there are no {@linkcode findPodTraces}, but for those to be ignored.
 *
 * @throws {Error} saying what is left, when it takes too long
 */
export async function untilNoPodTraces(
  cluster: Cluster,
  { ignore = () => false, timeoutMs = 60_000 }: { ignore?: (trace: string) => boolean; timeoutMs?: number } = {},
): Promise<void> {
  await waitFor("API and nodes to have nothing of Pods", async () => {
    const left = (await findPodTraces(cluster)).filter((line) => !ignore(line));
    if (left.length > 0) throw new Error(left.join("\n"));
    return true;
  }, { timeoutMs, intervalMs: 200 });
}

/** Files and folders that plugins are installed to, and what is in them. */
export async function listInstalled(node: ClusterNode): Promise<string[]> {
  const script = 'for dir; do [ -d "$dir" ] && find "$dir" -not -type d; done; true';
  const { stdout } = await node.exec(["sh", "-c", script, "sh", ...INSTALLED]);
  return stdout.split("\n").filter((line) => line !== "" && !NOT_INSTALLED.test(line)).sort();
}

async function findObjects({ client }: Cluster): Promise<string[]> {
  const [endpoints, addresses] = await Promise.all([
    client.list<DanmEp>(resourcePath("DanmEp")),
    client.list<DanmIp>(resourcePath("DanmIp")),
  ]);
  return [
    ...endpoints.map(({ metadata, spec }) => `DanmEp ${metadata.name} of Pod ${spec.Pod}`),
    ...addresses.map(({ metadata }) => `DanmIp ${metadata.name}`),
  ];
}

async function findOnNode(node: ClusterNode): Promise<string[]> {
  const files = (await listInstalled(node)).filter((path) => RECORD.test(path));
  return [...files, ...await findNodeTraces(node)].map((line) => `${node.name}: ${line}`);
}
