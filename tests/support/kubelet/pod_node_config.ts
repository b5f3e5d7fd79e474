/** Settings with which containerd and kubelet run on any Linux machine, also one with cgroups of version 1. */

import { PAUSE_IMAGE } from "./pause_image.ts";

/** Where containerd listens, in the node. */
export const RUNTIME_SOCKET = "/run/containerd/containerd.sock";

/**
 * Starts the kubelet (the arguments) when containerd listens. The kubelet would set these variables of the machine's
 * kernel; so it gets files that have its values already.
 */
export const RUN_KUBELET = `
set -e
pin() {
  printf %s "$2" >"/run/sysctl-$(basename "$1")"
  mount --bind "/run/sysctl-$(basename "$1")" "/proc/sys/$1"
}
pin vm/overcommit_memory 1
pin vm/panic_on_oom 0
pin kernel/panic 10
pin kernel/panic_on_oops 1
pin kernel/keys/root_maxkeys 1000000
pin kernel/keys/root_maxbytes 25000000
until [ -S ${RUNTIME_SOCKET} ]; do sleep 0.05; done
exec "$@"
`;

/** What is different from node to node. */
export interface PodNodeSettings {
  /** Where containerd keeps what outlives it. */
  readonly containerdRoot: string;
  /** How containers' file systems are made of images. */
  readonly snapshotter: "native" | "overlayfs";
  readonly clientCAFile: string;
  /** Of the runtime's networks. */
  readonly cniConfDir: string;
  readonly cniBinDirs: readonly string[];
  /** Path of containerd's shim for runc; without one no sandbox gets as far as a container. */
  readonly shim?: string;
}

/**
 * The kubelet's configuration.
 *
 * @param more fields to add or to replace
 */
export function renderKubelet({ clientCAFile }: Pick<PodNodeSettings, "clientCAFile">, more: object = {}): string {
  return JSON.stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: { anonymous: { enabled: false }, webhook: { enabled: false }, x509: { clientCAFile } },
    authorization: { mode: "AlwaysAllow" },
    cgroupDriver: "cgroupfs",
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    localStorageCapacityIsolation: false,
    containerRuntimeEndpoint: `unix://${RUNTIME_SOCKET}`,
    oomScoreAdj: 0,
    resolvConf: "",
    // Tests wait for what the node says of itself.
    nodeStatusUpdateFrequency: "1s",
    // Whatever the machine lacks, Pods stay.
    evictionHard: { "memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%" },
    ...more,
  });
}

/** containerd's configuration. */
export function renderContainerd(settings: Omit<PodNodeSettings, "clientCAFile">): string {
  const { containerdRoot, snapshotter, cniConfDir, cniBinDirs, shim } = settings;
  const runc = shim === undefined ? "" : `
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  runtime_path = ${JSON.stringify(shim)}
`;
  return `
version = 3
root = "${containerdRoot}"
state = "/run/containerd"
[grpc]
  address = "${RUNTIME_SOCKET}"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "${snapshotter}"
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${PAUSE_IMAGE}"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ${JSON.stringify(cniBinDirs)}
  conf_dir = "${cniConfDir}"
  use_internal_loopback = true
${runc}`;
}
