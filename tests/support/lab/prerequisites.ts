/** What a lab needs of the machine, besides the programs that it builds itself. */
import { run } from "../run.ts";
import { type Progress, withProgress } from "../progress.ts";
import { cacheRoot, GO_MISSING } from "./build.ts";

/** What somebody wants to run. */
export interface Needs {
  /** User-mode Linux, for nodes on a kernel that lacks ipvlan, 802.1Q or dummy. */
  readonly uml?: boolean;
  /** An OCI runtime, for nodes that run containers. */
  readonly containers?: boolean;
  /** Nodes with disks, and an image with commands in it. */
  readonly cluster?: boolean;
  /** What builds images without a registry. */
  readonly images?: boolean;
}

/** Commands of Debian packages; iputils-ping is for tests of connectivity, nftables for the plugin portmap. */
const COMMANDS: readonly (readonly [string, string])[] = [
  ["ip", "iproute2"],
  ["nsenter", "util-linux"],
  ["unshare", "util-linux"],
  ["taskset", "util-linux"],
  ["sysctl", "procps"],
  ["ping", "iputils-ping"],
  ["nft", "nftables"],
];

const UML_COMMANDS: readonly (readonly [string, string])[] = [
  ["linux.uml", "user-mode-linux"],
  ["modprobe", "kmod"],
];

const CONTAINER_COMMANDS: readonly (readonly [string, string])[] = [["runc", "runc"]];

const CLUSTER_COMMANDS: readonly (readonly [string, string])[] = [["mkfs.ext4", "e2fsprogs"], [
  "busybox",
  "busybox-static",
], ["iptables-legacy", "iptables"]];

const IMAGE_COMMANDS: readonly (readonly [string, string])[] = [["buildah", "buildah"], ["mmdebstrap", "mmdebstrap"]];

/** What is asked of a machine to find out what it lacks. */
export interface Machine {
  readonly os: string;
  /** Null where there are no users. */
  readonly uid: number | null;
  hasCommand(name: string): boolean;
  hasFile(path: string): boolean;
  /** Whether somebody set `KUBEBUILDER_ASSETS`. */
  readonly hasAssets: boolean;
}

const THIS_MACHINE: Machine = {
  os: Deno.build.os,
  uid: Deno.uid(),
  hasCommand: findCommand,
  hasFile: exists,
  hasAssets: Deno.env.has("KUBEBUILDER_ASSETS"),
};

/**
 * Says what a machine lacks and the lab cannot install by itself, one sentence each; empty when a lab can run.
 */
export function findMissing(needs: Needs = {}, machine: Machine = THIS_MACHINE): string[] {
  if (machine.os !== "linux") return [`the lab needs Linux, and this is ${machine.os}`];
  if (machine.uid !== 0) return ["the lab makes network namespaces and needs root: run it with sudo"];
  const missing: string[] = [];
  const packages = missingPackages(needs, machine);
  if (packages.length > 0 && !machine.hasCommand("apt-get")) {
    missing.push(`install what Debian has in the packages ${packages.join(", ")}`);
  }
  if (needs.uml && !machine.hasFile("/dev/net/tun")) {
    missing.push("/dev/net/tun is missing: load the kernel module tun, or give the container that device");
  }
  const built = machine.hasAssets || machine.hasFile(cacheRoot()) || ["go", "kube-apiserver"].some(machine.hasCommand);
  return built ? missing : [...missing, GO_MISSING];
}

/**
 * Makes sure that the machine can run a lab; on Debian and its kin missing packages are installed.
 *
 * @throws {Error} that says what to install or to change
 */
export async function ensurePrerequisites(needs: Needs, progress: Progress): Promise<void> {
  const missing = findMissing(needs);
  if (missing.length > 0) throw new Error(`the lab cannot run here: ${missing.join("; ")}`);
  const packages = missingPackages(needs, THIS_MACHINE);
  if (packages.length > 0) await install(packages, progress);
}

async function install(packages: readonly string[], progress: Progress): Promise<void> {
  await Deno.mkdir(cacheRoot(), { recursive: true });
  const log = `${cacheRoot()}/apt.log`;
  await withProgress(progress, `installing ${packages.join(", ")} (log: ${log})`, async () => {
    await aptGet(["update"], log);
    await aptGet(["install", "--yes", "--no-install-recommends", ...packages], log);
  });
}

async function aptGet(args: readonly string[], log: string): Promise<void> {
  const redirect = ["sh", "-c", 'log=$1; shift; exec "$@" >>"$log" 2>&1', "sh", log];
  const argv = [...redirect, "apt-get", "--quiet", ...args];
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const result = await run(argv, { env, check: false, timeoutMs: 15 * 60_000, foreground: true });
  if (result.code !== 0) throw new Error(`apt-get ${args.join(" ")} failed with code ${result.code}; see ${log}`);
}

function missingPackages(needs: Needs, machine: Machine): string[] {
  const commands = [
    ...COMMANDS,
    ...(needs.uml ? UML_COMMANDS : []),
    ...(needs.cluster ? CLUSTER_COMMANDS : []),
    ...(needs.containers ? CONTAINER_COMMANDS : []),
    ...(needs.images ? IMAGE_COMMANDS : []),
  ];
  const missing = commands.filter(([command]) => !machine.hasCommand(command)).map(([, name]) => name);
  return [...new Set(missing)];
}

function findCommand(name: string): boolean {
  const directories = (Deno.env.get("PATH") ?? "").split(":");
  // Tools for administrators are often outside a user's PATH.
  return [...directories, "/usr/sbin", "/sbin"].some((directory) => exists(`${directory}/${name}`));
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}
