/** Finds the executables that a lab runs, or has them built. */
import { run } from "../run.ts";
import type { Progress } from "../progress.ts";
import { ensureBuilt } from "./build.ts";

/** What the lab runs of other projects. */
export type BinaryName =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kube-proxy"
  | "kubectl"
  | "kubelet"
  | "containerd"
  | "containerd-shim-runc-v2"
  | "ctr"
  | "pause"
  | "cnitool"
  | "helm"
  | "macvlan"
  | "bridge"
  | "loopback"
  | "ptp"
  | "bandwidth"
  | "portmap"
  | "tuning"
  | "host-local";

/** Where each executable was found: absolute paths. */
export type Binaries<Name extends BinaryName = BinaryName> = Readonly<Record<Name, string>>;

/** The control plane and its client. */
export const CONTROL_PLANE = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"] as const;

/** What a node runs Pods with, as far as their network. */
export const POD_RUNTIME = ["kubelet", "containerd"] as const;

/** What it needs besides for their containers; runc is the distribution's. */
export const CONTAINER_RUNTIME = ["containerd-shim-runc-v2", "ctr", "pause"] as const;

/** What makes of such nodes a cluster: who places Pods, and who makes Services reachable. */
export const CLUSTER = ["kube-scheduler", "kube-proxy"] as const;

/** The reference CNI plugins. */
export const CNI_PLUGINS = [
  "macvlan",
  "bridge",
  "loopback",
  "ptp",
  "bandwidth",
  "portmap",
  "tuning",
  "host-local",
] as const;

interface Source {
  /** Directory of the Go module under `upstream/`. */
  readonly module: string;
  /** Tells whether an executable of that name found on the machine is one that the lab can use. */
  readonly accepts: (path: string) => Promise<boolean>;
}

const SOURCES: Readonly<Record<BinaryName, Source>> = {
  "etcd": { module: "etcd", accepts: (path) => answers([path, "--version"], /etcd Version: 3\.[5-9]/) },
  "kube-apiserver": kubernetes("--version"),
  "kube-controller-manager": kubernetes("--version"),
  "kube-scheduler": kubernetes("--version"),
  "kube-proxy": kubernetes("--version"),
  "kubectl": kubernetes("version", "--client"),
  "kubelet": kubernetes("--version"),
  "containerd": containerd("--version", /^containerd \S+ v?2\./),
  "containerd-shim-runc-v2": containerd("-v", /Version: +v?2\./),
  "ctr": containerd("--version", /^ctr \S+ v?2\./),
  // A program of the lab's own.
  "pause": { module: "pause", accepts: () => Promise.resolve(false) },
  "cnitool": { module: "cnitool", accepts: (path) => answers([path, "--help"], /cnitool/) },
  "helm": { module: "helm", accepts: (path) => answers([path, "version"], /Version:"v3\.(1[89]|[2-9]\d)\b/) },
  "macvlan": plugin(),
  "bridge": plugin(),
  "loopback": plugin(),
  "ptp": plugin(),
  "bandwidth": plugin(),
  "portmap": plugin(),
  "tuning": plugin(),
  "host-local": plugin(),
};

/**
 * Finds executables in `KUBEBUILDER_ASSETS`, then in `PATH`, then in the cache, and builds what is in none of them.
 * One that is found but is of another sort (iproute2 has a `bridge` too) or too old is passed over.
 *
 * @throws {Error} when Go is missing or a build fails
 */
export async function ensureBinaries<Name extends BinaryName>(
  names: readonly Name[],
  progress: Progress,
): Promise<Binaries<Name>> {
  const found: Partial<Record<BinaryName, string>> = {};
  await Promise.all(names.map(async (name) => {
    const path = await findOnMachine(name);
    if (path === undefined) return;
    found[name] = path;
    progress(`${name}: using ${path}`);
  }));
  const missing = names.filter((name) => found[name] === undefined);
  // One after the other: each build uses all processors by itself.
  for (const module of new Set(missing.map((name) => SOURCES[name].module))) {
    const wanted = missing.filter((name) => SOURCES[name].module === module);
    Object.assign(found, await ensureBuilt(module, { wanted, progress }));
  }
  return found as Binaries<Name>;
}

/** The value of CNI_PATH that makes all of these plugins known. */
export function cniPath(binaries: Binaries<typeof CNI_PLUGINS[number]>): string {
  return [...new Set(CNI_PLUGINS.map((name) => binaries[name].slice(0, -name.length - 1)))].join(":");
}

async function findOnMachine(name: BinaryName): Promise<string | undefined> {
  const assets = Deno.env.get("KUBEBUILDER_ASSETS");
  const directories = [...(assets ? [assets] : []), ...(Deno.env.get("PATH") ?? "").split(":")];
  for (const directory of new Set(directories)) {
    const path = `${directory}/${name}`;
    if (directory.startsWith("/") && isExecutable(path) && await SOURCES[name].accepts(path)) return path;
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    const info = Deno.statSync(path);
    return info.isFile && ((info.mode ?? 0) & 0o111) !== 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

// 1.32 is the first version whose API server has selectable fields of custom resources switched on for good.
function kubernetes(...args: string[]): Source {
  return { module: "kubernetes", accepts: (path) => answers([path, ...args], /v1\.(3[2-9]|[4-9]\d)\./) };
}

function containerd(flag: string, version: RegExp): Source {
  return { module: "containerd", accepts: (path) => answers([path, flag], version) };
}

function plugin(): Source {
  const request = { env: { CNI_COMMAND: "VERSION" }, stdin: '{"cniVersion":"1.0.0"}' };
  return { module: "cniplugins", accepts: (path) => answers([path], /"supportedVersions"/, request) };
}

async function answers(
  argv: readonly string[],
  expected: RegExp,
  options: { env?: Record<string, string>; stdin?: string } = {},
): Promise<boolean> {
  const result = await run(argv, { ...options, check: false, timeoutMs: 20_000 });
  return result.code === 0 && expected.test(result.stdout + result.stderr);
}
