/**
 * A Kubernetes cluster of which nothing is faked, on this machine: a lab's control plane with kube-scheduler, and nodes
 * with kubelet, containerd, runc and kube-proxy, native or user-mode Linux.
 *
 *     await using cluster = await startCluster({ nodes: 2 });
 *     await cluster.kubectl(["create", "deployment", "x", `--image=${SHELL_IMAGE}`, "--", "sleep", "1000"]);
 *     await cluster.nodes[0].importImage("dist/images/danm.tar");
 *     await cluster.nodes[0].reboot();
 *
 * Pods have the plugins `bridge`, `host-local` and `portmap` for a network, and reach each other through routes between
 * the nodes. Nothing reaches beyond the lab's network namespace: images are imported, there is no DNS.
 */
import { loadKubeconfig } from "../../../shared/kube/kubeconfig.ts";
import { KubeClient } from "../../../shared/kube/client.ts";
import { writePauseImage } from "../kubelet/pause_image.ts";
import { CLUSTER, CNI_PLUGINS, CONTAINER_RUNTIME, ensureBinaries, POD_RUNTIME } from "../lab/binaries.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { Host, ipBatch, netnsPath } from "../lab/network.ts";
import type { NodeKind } from "../lab/nodes.ts";
import { ensurePrerequisites, type Needs } from "../lab/prerequisites.ts";
import { addressIn } from "../lab/registry.ts";
import { Service } from "../lab/service.ts";
import { type Progress, toStderr } from "../progress.ts";
import { Cluster, untilReady } from "./running_cluster.ts";
import { ClusterNode } from "./cluster_node.ts";
import { podCidrOf } from "./cluster_plan.ts";
import { writeShellImage } from "./shell_image.ts";

/** What every cluster needs of the machine. */
export const CLUSTER_NEEDS = { containers: true, cluster: true } as const satisfies Needs;

/** All programs of other projects that a cluster runs, besides the control plane's. */
export const CLUSTER_BINARIES = [...POD_RUNTIME, ...CONTAINER_RUNTIME, ...CNI_PLUGINS, ...CLUSTER] as const;

/** What a cluster is made of. */
export interface ClusterOptions {
  /** Default 2. */
  readonly nodes?: number;
  /** Default "auto": native where the kernel has ipvlan, 802.1Q and dummy, else user-mode Linux. */
  readonly nodeKind?: NodeKind;
  /** Default: lines on stderr. */
  readonly progress?: Progress;
}

/**
 * Starts a cluster and waits until all nodes are Ready and Services work. It ends with its scope, or with the process
 * that started it.
 *
 * @throws {Error} when a prerequisite is missing or a part does not start; nothing is left then
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { nodes: count = 2, nodeKind = "auto", progress = toStderr } = options;
  await ensurePrerequisites(CLUSTER_NEEDS, progress);
  const binaries = await ensureBinaries(CLUSTER_BINARIES, progress);
  const began = performance.now();
  const nodes: ClusterNode[] = [];
  await using undo = new AsyncDisposableStack();
  undo.defer(async () => void await Promise.all(nodes.map((node) => node.ended())));
  const lab = undo.use(await startLab({ nodes: count, nodeKind, kubelets: true, progress }));
  undo.defer(() => nodes.forEach((node) => node.forget()));
  const client = undo.use(new KubeClient(await loadKubeconfig(lab.admin.kubeconfigPath)));
  const scheduler = await startScheduler(lab, binaries["kube-scheduler"]);
  undo.defer(() => scheduler.kill());
  await routePods(lab);
  const images = await Promise.all([
    writePauseImage(`${lab.dir}/pause-image`, binaries.pause),
    writeShellImage(`${lab.dir}/shell-image`),
  ]);
  const gateway = addressIn(lab.record, Host.gateway);
  nodes.push(...lab.nodes.map((machine, index) => new ClusterNode(machine, { lab, index, binaries, gateway, images })));
  // All of them, even if one fails: what is still starting cannot be stopped.
  const started = nodes.map((node) => node.start());
  await Promise.allSettled(started);
  await Promise.all(started);
  await untilReady({ client, nodes });
  progress(`the cluster is ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return new Cluster({ lab, client, nodes, cleanup: undo.move() });
}

async function startScheduler(lab: Lab, executable: string): Promise<Service> {
  const { kubeconfigPath } = await lab.user("system:kube-scheduler");
  const users = ["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"];
  return new Service({
    name: "kube-scheduler",
    argv: [
      executable,
      ...users.map((flag) => `--${flag}=${kubeconfigPath}`),
      "--leader-elect=false",
      "--kube-api-qps=500",
    ],
    netns: netnsPath(lab.record),
    logPath: `${lab.dir}/kube-scheduler.log`,
  });
}

/** Gives each node addresses for its Pods, and the API server the way to them. */
async function routePods(lab: Lab): Promise<void> {
  await ipBatch(
    lab.nodes.map(({ address }, index) => `route add ${podCidrOf(index)} via ${address} dev br0`),
    lab.name,
  );
  for (const [index, { name }] of lab.nodes.entries()) {
    const podCIDR = podCidrOf(index);
    const patch = JSON.stringify({ spec: { podCIDR, podCIDRs: [podCIDR] } });
    await lab.kubectl(["patch", "node", name, "--type=merge", `--patch=${patch}`]);
  }
}
