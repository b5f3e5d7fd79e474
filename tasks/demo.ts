/**
 * `deno task demo`: installs DANM on a real cluster of two nodes, shows it at work, removes it, and checks all that. Ends
 * with exit code 0 only when everything was as expected. Ctrl-C takes the cluster down.
 */
import { messageOf } from "../shared/errors.ts";
import { CLUSTER_BINARIES, CLUSTER_NEEDS, startCluster } from "../tests/support/cluster/cluster.ts";
import { buildLabImages } from "../tests/support/images/lab_images.ts";
import { ensureBinaries } from "../tests/support/lab/binaries.ts";
import { ensurePrerequisites, findMissing } from "../tests/support/lab/prerequisites.ts";
import type { Progress } from "../tests/support/progress.ts";
import { playOnCluster } from "./demo/cluster/play.ts";
import { runDemo } from "./demo/run_demo.ts";

async function prepare(progress: Progress): Promise<string[]> {
  const needs = { ...CLUSTER_NEEDS, images: true };
  const missing = findMissing(needs);
  if (missing.length > 0) return missing;
  try {
    await ensurePrerequisites(needs, progress);
    await ensureBinaries(CLUSTER_BINARIES, progress);
    await buildLabImages(progress);
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

Deno.exit(
  await runDemo({
    prepare,
    cluster:
      "A cluster: the control plane, and two nodes with kubelet, containerd, kube-proxy and the CNI plugin bridge",
    // Of the machine's own kernel, whatever that lacks: macvlan is enough here.
    start: (progress) => startCluster({ nodes: 2, nodeKind: "native", progress }),
    nameOf: ({ lab }) => lab.name,
    play: playOnCluster,
  }),
);
