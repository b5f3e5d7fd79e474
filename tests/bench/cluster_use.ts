import type { ClusterNode } from "../support/cluster/cluster_node.ts";
import { DANM_NAMESPACE } from "../support/cluster/danm_cluster.ts";
import type { Cluster } from "../support/cluster/running_cluster.ts";
import { waitFor } from "../support/wait.ts";
import type { ComponentUse } from "./cluster_figures.ts";

/** What a container has used so far. */
interface Sample {
  readonly component: string;
  readonly node: string;
  readonly restarts: number;
  /** How it ended last; undefined when it never did. */
  readonly ending: string | undefined;
  readonly atMs: number;
  readonly residentBytes: number;
  readonly peakBytes: number;
  readonly cpuMs: number;
}

interface PodObject {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly containerStatuses?: readonly ContainerStatus[] };
}

interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
  readonly restartCount: number;
  readonly lastState?: { readonly terminated?: { readonly reason?: string; readonly exitCode: number } };
}

/** Linux counts processor time in hundredths of a second: times(2), USER_HZ. */
const TICK_MS = 10;

/**
 * Prints, for the container of each id, resident and peak memory in kB and the ticks of all its processes, ended
 * children among them; afterwards the peak is the present: proc_pid_clear_refs(5).
 */
const READ_USE = `
for id; do
  for group in $(grep --files-with-matches --no-messages "$id" /proc/[0-9]*/cgroup); do
    dir=\${group%/cgroup}
    memory=$(awk '/^VmRSS:/ { now = $2 } /^VmHWM:/ { most = $2 } END { print now + 0, most + 0 }' "$dir/status") || continue
    ticks=$(awk '{ sub(/.*\\) /, ""); print $12 + $13 + $14 + $15 }' "$dir/stat") || continue
    echo "$id $memory $ticks"
    echo 5 >"$dir/clear_refs" || true
  done
done
`;

/**
 * Measures what our containers use, first left alone for a while, then during some work. Of one that was started again
 * meanwhile it tells the memory of the new one, and says how the old one ended.
 *
 * @throws {Error} when the work does, or a Pod of ours was replaced or has a container that does not run
 */
export async function measureUse(
  cluster: Cluster,
  { restMs, work }: { restMs: number; work: () => Promise<void> },
): Promise<ComponentUse[]> {
  const before = await sampleAll(cluster);
  await new Promise((resolve) => setTimeout(resolve, restMs));
  const rested = await sampleAll(cluster);
  await work();
  const after = await sampleAll(cluster);
  return [...rested].map(([key, rest]) => {
    const [first, last] = [before.get(key), after.get(key)];
    if (!first || !last) throw new Error(`${key} was replaced while it was measured`);
    return {
      component: rest.component,
      node: rest.node,
      restBytes: rest.residentBytes,
      peakBytes: last.peakBytes,
      restMillicores: millicores(first, rest),
      loadMillicores: last.restarts === rest.restarts ? millicores(rest, last) : undefined,
      ...(last.restarts !== first.restarts && { ending: `${key}: ${last.ending ?? "nobody says how"}` }),
    };
  });
}

function millicores(from: Sample, to: Sample): number {
  return (to.cpuMs - from.cpuMs) / (to.atMs - from.atMs) * 1000;
}

/** By Pod and container. */
async function sampleAll(cluster: Cluster): Promise<Map<string, Sample>> {
  const pods = await cluster.client.list<PodObject>(`/api/v1/namespaces/${DANM_NAMESPACE}/pods`);
  const samples = new Map<string, Sample>();
  for (const { metadata, spec, status } of pods) {
    const node = cluster.nodes.find(({ name }) => name === spec.nodeName);
    if (!node) continue;
    for (const container of status.containerStatuses ?? []) {
      const key = `container ${container.name} of ${metadata.name} on ${node.name}`;
      samples.set(key, await sampleContainer(node, { pod: metadata.name, name: container.name, cluster }));
    }
  }
  return samples;
}

/** A container that has just ended is waited for: the kubelet starts it again. */
async function sampleContainer(
  node: ClusterNode,
  { pod, name, cluster }: { pod: string; name: string; cluster: Cluster },
): Promise<Sample> {
  return await waitFor(`container ${name} of ${pod} on ${node.name} to run`, async () => {
    const { status } = await cluster.client.get<PodObject>(`/api/v1/namespaces/${DANM_NAMESPACE}/pods/${pod}`);
    const container = status.containerStatuses?.find((one) => one.name === name);
    const used = container && await sample(node, (container.containerID ?? "").replace(/^containerd:\/\//, ""));
    if (!container || !used) return undefined;
    const { reason = "no reason given", exitCode } = container.lastState?.terminated ?? {};
    const ending = exitCode === undefined ? undefined : `${reason}, exit code ${exitCode}`;
    return { component: name, node: node.name, restarts: container.restartCount, ending, ...used };
  }, { timeoutMs: 300_000 });
}

/** Undefined when the container has no process. */
async function sample(
  node: ClusterNode,
  id: string,
): Promise<Omit<Sample, "component" | "node" | "restarts" | "ending"> | undefined> {
  if (id === "") return undefined;
  const { stdout } = await node.exec(["sh", "-c", READ_USE, "sh", id]);
  const processes = stdout.trim().split("\n").map((line) => line.split(" ").slice(1).map(Number));
  const sum = (column: number): number => processes.reduce((total, values) => total + (values[column] ?? 0), 0);
  if (sum(0) === 0) return undefined;
  return {
    atMs: performance.now(),
    residentBytes: sum(0) * 1024,
    peakBytes: sum(1) * 1024,
    cpuMs: sum(2) * TICK_MS,
  };
}
