import { MOUNT_DISK } from "./node_disk.ts";

/** What a user-mode node must be told at boot. */
export interface InitOptions {
  /** Directory with lib/modules in it. */
  readonly moduleRoot: string;
  /** Address with prefix length on the lab's bridge. */
  readonly uplink: string;
  /** Address with prefix length on the management bridge. */
  readonly management: string;
  /** Address of the machine on which the tests run, and the way there. */
  readonly machine: string;
  readonly gateway: string;
  /** Present when the node has a disk, its first block device. */
  readonly disk?: {
    /** A copy of the machine's /proc/cpuinfo: cAdvisor wants to know a clock speed, and the kernel has none. */
    readonly cpuinfo: string;
  };
  /** The command that serves the tests; the node ends with it. */
  readonly agent: readonly string[];
}

const MODULES = ["ipvlan", "macvlan", "8021q", "vxlan", "dummy", "veth", "bridge", "nf_tables"];

const DISK_MODULES = ["ext4", "overlay", "br_netfilter"];

const MEMORY = `
mount -t tmpfs -o mode=755 tmpfs /var/lib
mount -t tmpfs -o mode=755 tmpfs /var/log
`;

function mountDisk({ cpuinfo }: { cpuinfo: string }): string {
  return `
disk=/run/disk
mkdir $disk
mount -t ext4 /dev/ubda $disk
${MOUNT_DISK}
mount --bind ${cpuinfo} /proc/cpuinfo
`;
}

/**
 * Renders the first process of a user-mode node. The root is the machine's; /proc, /sys, /dev, /run, /var/lib and
 * /var/log are the node's own. When the script ends, by an error or because the agent ended, the kernel panics and its
 * process on the machine ends.
 *
 * Not for busybox: its shell starts its commands as /proc/self/exe, which is the kernel's own executable until
 * /proc is mounted.
 */
export function renderInit(options: InitOptions): string {
  return `#!/bin/sh
# Whatever follows a failed mount would write into the machine's own directories.
set -e
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
# Not the machine's: kernels that share a file through hostfs do not see each other's locks, and SQLite relies on them.
export DENO_DIR=/run/deno
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/lock
modprobe -d ${options.moduleRoot} -a ${[...MODULES, ...(options.disk ? DISK_MODULES : [])].join(" ")}
${options.disk ? mountDisk(options.disk) : MEMORY}
# Modules that the kernel asks for later (nftables expressions, …) come from there, too.
printf '#!/bin/sh\\nexec modprobe -d ${options.moduleRoot} "$@"\\n' >/run/modprobe
chmod 755 /run/modprobe
echo /run/modprobe >/proc/sys/kernel/modprobe
ip -batch - <<END
link set lo up
link set vec0 name eth0
link set vec1 name eth1
address add ${options.management} dev eth0
address add ${options.uplink} dev eth1
link set eth0 up
link set eth1 up
route add ${options.machine} via ${options.gateway}
END
${options.agent.map(quote).join(" ")}
`;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
