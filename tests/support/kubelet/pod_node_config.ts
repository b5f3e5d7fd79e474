/** Settings with which containerd and kubelet run on any Linux machine, also one with cgroups of version 1. */

const RUNTIME_SOCKET = "/run/containerd/containerd.sock";

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

/** The kubelet's configuration. */
export function renderKubelet(clientCAFile: string): string {
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
    // Whatever the machine lacks, Pods stay.
    evictionHard: { "memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%" },
  });
}

/** containerd's configuration, with all of its files in `dir`. */
export function renderContainerd(dir: string): string {
  return `
version = 3
root = "${dir}/containerd"
state = "/run/containerd"
[grpc]
  address = "${RUNTIME_SOCKET}"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "native"
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "lab.local/pause:1"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["${dir}/cni-bin"]
  conf_dir = "${dir}/cni-conf"
  use_internal_loopback = true
`;
}
