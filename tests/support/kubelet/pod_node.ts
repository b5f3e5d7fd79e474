/** A node of the lab that runs Pods: containerd and a kubelet of the lab's control plane. */
import { CONTAINER_RUNTIME, ensureBinaries, POD_RUNTIME } from "../lab/binaries.ts";
import type { Lab } from "../lab/lab.ts";
import type { Node } from "../lab/node.ts";
import { ensurePrerequisites } from "../lab/prerequisites.ts";
import { toStderr } from "../progress.ts";
import { type RunningCommand, signalProcess } from "../run.ts";
import { waitFor } from "../wait.ts";
import { writePauseImage } from "./pause_image.ts";
import {
  type PodNodeSettings,
  renderContainerd,
  renderKubelet,
  RUN_KUBELET,
  RUNTIME_SOCKET,
} from "./pod_node_config.ts";

/** The network that a runtime gives to Pods. */
export interface PodNetwork {
  /** A list of plugins, as in a `.conflist`. */
  readonly conflist: object;
  /** Where the plugins are. */
  readonly binDirs: readonly string[];
}

/**
 * What the runtime calls for each sandbox, if a test names no network: tells who asked, and refuses, so that no image is needed. The kubelet tries
 * again and again, and the Pod keeps its devices.
 */
const RECORDER = `#!/bin/sh
case "$CNI_COMMAND" in
  VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}' ;;
  ADD)
    cd "$(dirname "$0")/.."
    printf %s "$CNI_ARGS" >"$CNI_CONTAINERID"
    mv "$CNI_CONTAINERID" calls/
    echo '{"cniVersion":"1.0.0","code":11,"msg":"this plugin only takes notes"}'
    exit 1 ;;
esac
`;

/** A running kubelet with its runtime. */
export class PodNode {
  readonly #dir: string;
  readonly #kubelet: RunningCommand;

  private constructor(dir: string, kubelet: RunningCommand) {
    this.#dir = dir;
    this.#kubelet = kubelet;
  }

  /**
   * Starts containerd and a kubelet in a native node and waits until the kubelet takes device plugins. Both end with
   * the lab. With a network Pods run, of the image {@linkcode PAUSE_IMAGE}; without one they get no further than to ask
   * for it.
   *
   * @throws {Error} when one does not start; the message has the end of its log
   */
  static async start(lab: Lab, node: Node, network?: PodNetwork): Promise<PodNode> {
    if (node.kind !== "native") throw new TypeError(`${node.name} is no native node: its sockets cannot be reached`);
    const dir = `${lab.dir}/${node.name}-pods`;
    await writeConfiguration(dir, { lab, node, network });
    const { kubelet, containerd } = await ensureBinaries(POD_RUNTIME, toStderr);
    await node.start([...logged(dir, "containerd"), containerd, "--config", `${dir}/containerd.toml`]);
    if (network) await importPauseImage(dir, node);
    const podNode = new PodNode(dir, await startKubelet(dir, { node, kubelet }));
    try {
      await waitFor(
        "the kubelet's sockets",
        () => exists(podNode.socketPath) && exists(`${podNode.pluginDir}/kubelet.sock`),
      );
    } catch (cause) {
      const log = (await Deno.readTextFile(`${dir}/kubelet.log`)).trim().split("\n").slice(-12).join("\n");
      throw new Error(`the kubelet did not start; the end of its log:\n${log}`, { cause });
    }
    return podNode;
  }

  /** Of the PodResources API, as this process reaches it. */
  get socketPath(): string {
    return `${this.#kubeletRoot}/pod-resources/kubelet.sock`;
  }

  /** Where device plugins register. */
  get pluginDir(): string {
    return `${this.#kubeletRoot}/device-plugins`;
  }

  /** Of the device manager. */
  get checkpointPath(): string {
    return `${this.pluginDir}/kubelet_internal_checkpoint`;
  }

  /** `CNI_ARGS` of all calls of ADD so far, as name → value. */
  async cniArgs(): Promise<Record<string, string>[]> {
    const calls: Record<string, string>[] = [];
    for await (const { name } of Deno.readDir(`${this.#dir}/calls`)) {
      const text = await Deno.readTextFile(`${this.#dir}/calls/${name}`);
      calls.push(Object.fromEntries(text.split(";").map((pair) => pair.split("=", 2))));
    }
    return calls;
  }

  /** Stops the kubelet in its tracks: calls hang. */
  async stall(): Promise<void> {
    signalProcess(this.#kubelet.pid, "SIGSTOP");
    // The signal returns before all threads have stopped; one that still runs answers a call.
    await waitFor("the kubelet to stop", () => threadStates(this.#kubelet.pid).every((state) => state === "T"));
  }

  /** Lets a stalled kubelet go on. */
  resume(): void {
    signalProcess(this.#kubelet.pid, "SIGCONT");
  }

  /** The kubelet's root directory in the node, through its process; as long as that lives. */
  get #kubeletRoot(): string {
    return `/proc/${this.#kubelet.pid}/root/var/lib/kubelet`;
  }
}

async function writeConfiguration(
  dir: string,
  { lab, node, network }: { lab: Lab; node: Node; network: PodNetwork | undefined },
): Promise<void> {
  for (const name of ["cni-bin", "cni-conf", "calls", "certificates"]) {
    await Deno.mkdir(`${dir}/${name}`, { recursive: true });
  }
  const user = await lab.user(`system:node:${node.name}`, ["system:nodes"]);
  const settings: PodNodeSettings = {
    containerdRoot: `${dir}/containerd`,
    snapshotter: "native",
    clientCAFile: user.caPath,
    cniConfDir: `${dir}/cni-conf`,
    cniBinDirs: network?.binDirs ?? [`${dir}/cni-bin`],
    ...(network && { shim: (await ensureBinaries(CONTAINER_RUNTIME, toStderr))["containerd-shim-runc-v2"] }),
  };
  await Deno.copyFile(user.kubeconfigPath, `${dir}/kubeconfig.json`);
  await Deno.writeTextFile(`${dir}/kubelet.json`, renderKubelet(settings));
  await Deno.writeTextFile(`${dir}/containerd.toml`, renderContainerd(settings));
  await Deno.writeTextFile(`${dir}/cni-bin/recorder`, RECORDER, { mode: 0o755 });
  const recorder = { cniVersion: "1.0.0", name: "recorder", plugins: [{ type: "recorder" }] };
  await Deno.writeTextFile(`${dir}/cni-conf/10-lab.conflist`, JSON.stringify(network?.conflist ?? recorder));
}

async function importPauseImage(dir: string, node: Node): Promise<void> {
  await ensurePrerequisites({ containers: true }, toStderr);
  const { ctr, pause } = await ensureBinaries(CONTAINER_RUNTIME, toStderr);
  const archive = await writePauseImage(`${dir}/pause-image`, pause);
  const argv = [ctr, "--address", RUNTIME_SOCKET, "--namespace", "k8s.io", "images", "import"];
  const importing = [...argv, "--local", "--snapshotter", "native", archive];
  await waitFor("containerd to take an image", async () => (await node.run(importing)).code === 0);
}

async function startKubelet(dir: string, { node, kubelet }: { node: Node; kubelet: string }): Promise<RunningCommand> {
  return await node.start([...logged(dir, "kubelet"), "sh", "-c", RUN_KUBELET, "sh", ...[
    kubelet,
    `--config=${dir}/kubelet.json`,
    `--kubeconfig=${dir}/kubeconfig.json`,
    `--cert-dir=${dir}/certificates`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
  ]]);
}

/** What starts a program in a node (the arguments that follow) with its output in a file. */
export function logged(dir: string, name: string): string[] {
  return ["sh", "-c", 'log=$1; shift; exec "$@" >"$log" 2>&1', "sh", `${dir}/${name}.log`];
}

/** As ps(1) shows them. */
function threadStates(pid: number): string[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => {
    const text = Deno.readTextFileSync(`/proc/${pid}/task/${name}/stat`);
    // The state follows the program's name, which stands in parentheses and may have some of its own.
    return text.charAt(text.lastIndexOf(")") + 2);
  });
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
