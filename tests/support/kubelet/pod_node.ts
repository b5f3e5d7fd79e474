/** A node of the lab that runs Pods as far as their network: containerd and a kubelet of the lab's control plane. */
import { type Binaries, ensureBinaries, POD_RUNTIME } from "../lab/binaries.ts";
import type { Lab } from "../lab/lab.ts";
import type { Node } from "../lab/node.ts";
import { toStderr } from "../progress.ts";
import { type RunningCommand, signalProcess } from "../run.ts";
import { waitFor } from "../wait.ts";
import { renderContainerd, renderKubelet, RUN_KUBELET } from "./pod_node_config.ts";

/**
 * What the runtime calls for each sandbox: tells who asked, and refuses, so that no image is needed. The kubelet tries
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
   * the lab.
   *
   * @throws {Error} when one does not start; the message has the end of its log
   */
  static async start(lab: Lab, node: Node): Promise<PodNode> {
    if (node.kind !== "native") throw new TypeError(`${node.name} is no native node: its sockets cannot be reached`);
    const binaries = await ensureBinaries(POD_RUNTIME, toStderr);
    const dir = `${lab.dir}/${node.name}-pods`;
    await writeConfiguration(dir, { lab, node });
    const kubelet = await startPrograms(dir, { node, binaries });
    const podNode = new PodNode(dir, kubelet);
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

async function writeConfiguration(dir: string, { lab, node }: { lab: Lab; node: Node }): Promise<void> {
  for (const name of ["cni-bin", "cni-conf", "calls", "certificates"]) {
    await Deno.mkdir(`${dir}/${name}`, { recursive: true });
  }
  const user = await lab.user(`system:node:${node.name}`, ["system:nodes"]);
  await Deno.copyFile(user.kubeconfigPath, `${dir}/kubeconfig.json`);
  await Deno.writeTextFile(`${dir}/kubelet.json`, renderKubelet(user.caPath));
  await Deno.writeTextFile(`${dir}/containerd.toml`, renderContainerd(dir));
  await Deno.writeTextFile(`${dir}/cni-bin/recorder`, RECORDER, { mode: 0o755 });
  const conf = { cniVersion: "1.0.0", name: "recorder", plugins: [{ type: "recorder" }] };
  await Deno.writeTextFile(`${dir}/cni-conf/10-recorder.conflist`, JSON.stringify(conf));
}

async function startPrograms(
  dir: string,
  { node, binaries }: { node: Node; binaries: Binaries<typeof POD_RUNTIME[number]> },
): Promise<RunningCommand> {
  const logged = (
    name: string,
  ): string[] => ["sh", "-c", 'log=$1; shift; exec "$@" >"$log" 2>&1', "sh", `${dir}/${name}.log`];
  await node.start([...logged("containerd"), binaries.containerd, "--config", `${dir}/containerd.toml`]);
  return await node.start([...logged("kubelet"), "sh", "-c", RUN_KUBELET, "sh", ...[
    binaries.kubelet,
    `--config=${dir}/kubelet.json`,
    `--kubeconfig=${dir}/kubeconfig.json`,
    `--cert-dir=${dir}/certificates`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
  ]]);
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
