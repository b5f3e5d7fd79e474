/** Builds Go programs of other projects, pinned by the modules under `upstream/`, into a cache. */
import { CommandFailed, run } from "../run.ts";
import { type Progress, withProgress } from "../progress.ts";
import { removeIfThere } from "./registry.ts";

const KUBERNETES_VERSION = "v1.36.3";
const STAMP = "k8s.io/component-base/version";
const HELM = "helm.sh/helm/v3/pkg";

/** Linker flags per module; others are built with those of `default`. */
const LDFLAGS: Readonly<Record<string, string>> = {
  default: "-s -w",
  kubernetes: `-s -w -X ${STAMP}.gitVersion=${KUBERNETES_VERSION} -X ${STAMP}.gitMajor=1 -X ${STAMP}.gitMinor=36`,
  // For which Kubernetes it renders charts when it is connected to none; otherwise 1.20.
  helm: ["chartutil", "lint/rules"].reduce(
    (flags, name) => `${flags} -X ${HELM}/${name}.k8sVersionMajor=1 -X ${HELM}/${name}.k8sVersionMinor=36`,
    "-s -w",
  ),
};

/** Build tags per module; others have none. */
const TAGS: Readonly<Record<string, string>> = {
  // Snapshotters that need headers or libraries of the distribution.
  containerd: "no_btrfs no_devmapper no_zfs",
};

/** Package per executable, and the name that `go build` gives the file when it is not the executable's. */
const PACKAGES: Readonly<Record<string, { readonly path: string; readonly output?: string }>> = {
  "etcd": { path: "go.etcd.io/etcd/server/v3", output: "server" },
  "kube-apiserver": { path: "k8s.io/kubernetes/cmd/kube-apiserver" },
  "kube-controller-manager": { path: "k8s.io/kubernetes/cmd/kube-controller-manager" },
  "kube-scheduler": { path: "k8s.io/kubernetes/cmd/kube-scheduler" },
  "kube-proxy": { path: "k8s.io/kubernetes/cmd/kube-proxy" },
  "kubectl": { path: "k8s.io/kubernetes/cmd/kubectl" },
  "kubelet": { path: "k8s.io/kubernetes/cmd/kubelet" },
  "containerd": { path: "github.com/containerd/containerd/v2/cmd/containerd" },
  "containerd-shim-runc-v2": { path: "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2" },
  "ctr": { path: "github.com/containerd/containerd/v2/cmd/ctr" },
  "pause": { path: "danm.io/lab/pause" },
  "cnitool": { path: "github.com/containernetworking/cni/cnitool" },
  "helm": { path: "helm.sh/helm/v3/cmd/helm" },
  "macvlan": { path: "github.com/containernetworking/plugins/plugins/main/macvlan" },
  "bridge": { path: "github.com/containernetworking/plugins/plugins/main/bridge" },
  "loopback": { path: "github.com/containernetworking/plugins/plugins/main/loopback" },
  "ptp": { path: "github.com/containernetworking/plugins/plugins/main/ptp" },
  "bandwidth": { path: "github.com/containernetworking/plugins/plugins/meta/bandwidth" },
  "portmap": { path: "github.com/containernetworking/plugins/plugins/meta/portmap" },
  "tuning": { path: "github.com/containernetworking/plugins/plugins/meta/tuning" },
  "host-local": { path: "github.com/containernetworking/plugins/plugins/ipam/host-local" },
};

/** What to do when there is nothing to build with. */
export const GO_MISSING = "etcd and the API server have to be built once, and the `go` command is missing: install " +
  "Go 1.25 or later from https://go.dev/dl/ and put it in PATH, or set KUBEBUILDER_ASSETS to a directory with etcd, " +
  "kube-apiserver, kube-controller-manager and kubectl";

/** The directory that holds what was built: `$XDG_CACHE_HOME/danm-lab`, else `~/.cache/danm-lab`. */
export function cacheRoot(): string {
  const base = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/root"}/.cache`;
  return `${base}/danm-lab`;
}

/**
 * Gives the paths of executables of one module, building those that the cache lacks. Two runs that need the same
 * module do not build at once: the second one waits and finds the result.
 *
 * @param module directory under `upstream/`
 * @throws {Error} when Go is missing or the build fails; the message names the log
 */
export async function ensureBuilt(
  module: string,
  { wanted, progress }: { wanted: readonly string[]; progress: Progress },
): Promise<Record<string, string>> {
  const source = new URL(`./upstream/${module}`, import.meta.url).pathname;
  const target = `${cacheRoot()}/${module}-${await fingerprint(source, module)}`;
  const paths = Object.fromEntries(wanted.map((name) => [name, `${target}/${name}`]));
  if (missingOf(paths).length === 0) return paths;

  await Deno.mkdir(target, { recursive: true });
  using lock = await Deno.open(`${target}/lock`, { create: true, write: true });
  if (!await lock.tryLock(true)) {
    await withProgress(progress, `waiting for another run that builds ${module}`, () => lock.lock(true));
  }
  const missing = missingOf(paths);
  if (missing.length > 0) await build(module, { source, target, missing, progress });
  return paths;
}

async function build(
  module: string,
  { source, target, missing, progress }: { source: string; target: string; missing: string[]; progress: Progress },
): Promise<void> {
  await requireGo();
  const log = `${target}/build.log`;
  await removeUnfinished(target);
  const temporary = await Deno.makeTempDir({ dir: target, prefix: "build-" });
  try {
    const what = `building ${missing.join(", ")} (first time only; log: ${log})`;
    await withProgress(progress, what, () => compile(module, { source, temporary, missing, log }));
    // Renamed when finished: a file in the cache is always whole.
    for (const name of missing) {
      await Deno.rename(`${temporary}/${PACKAGES[name]?.output ?? name}`, `${target}/${name}`);
    }
  } finally {
    await removeIfThere(temporary);
  }
}

/** Removes what a run that was killed had begun; called under the lock. */
async function removeUnfinished(target: string): Promise<void> {
  for await (const entry of Deno.readDir(target)) {
    if (entry.name.startsWith("build-")) await removeIfThere(`${target}/${entry.name}`);
  }
}

async function compile(
  module: string,
  { source, temporary, missing, log }: { source: string; temporary: string; missing: string[]; log: string },
): Promise<void> {
  const flags = ["-trimpath", "-tags", TAGS[module] ?? "", "-ldflags", LDFLAGS[module] ?? LDFLAGS["default"] ?? ""];
  const packages = missing.map((name) => PACKAGES[name]?.path ?? "");
  // The shell sends the output to the log while the build runs, so that it can be followed there.
  const argv = ["sh", "-c", 'log=$1; shift; exec "$@" >"$log" 2>&1', "sh", log];
  const result = await run([...argv, "go", "build", "-v", ...flags, "-o", `${temporary}/`, ...packages], {
    cwd: source,
    env: { CGO_ENABLED: "0", GOWORK: "off" },
    timeoutMs: 60 * 60_000,
    check: false,
    foreground: true,
  });
  if (result.code === 0) return;
  const end = (await Deno.readTextFile(log)).trim().split("\n").slice(-15).join("\n");
  throw new Error(`building ${missing.join(", ")} in ${source} failed (log: ${log}):\n${end}`);
}

async function requireGo(): Promise<void> {
  try {
    await run(["go", "version"]);
  } catch (error) {
    if (!(error instanceof CommandFailed) || error.result !== undefined) throw error;
    throw new Error(GO_MISSING);
  }
}

async function fingerprint(source: string, module: string): Promise<string> {
  const parts = [LDFLAGS[module] ?? LDFLAGS["default"] ?? "", ...(TAGS[module] === undefined ? [] : [TAGS[module]])];
  const files = [...Deno.readDirSync(source)].map(({ name }) => name).sort();
  for (const file of files) parts.push(await Deno.readTextFile(`${source}/${file}`));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts.join("\0")));
  return new Uint8Array(digest).toHex().slice(0, 12);
}

function missingOf(paths: Record<string, string>): string[] {
  return Object.keys(paths).filter((name) => !exists(paths[name] ?? ""));
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
