import type { CommandResult } from "../run.ts";
import { RUN_KUBELET, RUNTIME_SOCKET } from "../kubelet/pod_node_config.ts";
import type { Node, NodeRunOptions } from "../lab/node.ts";
import { waitFor } from "../wait.ts";
import { API_SERVICE, routesOf } from "./cluster_plan.ts";
import { NodeService } from "./node_service.ts";
import { type ClusterNodeOptions, setUpNode, SNAPSHOTTER } from "./node_setup.ts";

/** A node that runs Pods: containerd, kubelet and kube-proxy, and before ours the plugin `bridge`. */
export class ClusterNode {
  /** The machine, for what takes one of a lab. */
  readonly machine: Node;
  readonly #options: ClusterNodeOptions;
  readonly #containerd: NodeService;
  readonly #kubelet: NodeService;
  readonly #proxy: NodeService;

  /** Starts nothing yet. */
  constructor(machine: Node, options: ClusterNodeOptions) {
    const { containerd, kubelet, "kube-proxy": proxy } = options.binaries;
    const dir = `${options.lab.dir}/${machine.name}`;
    const service = (name: string, ...argv: string[]): NodeService => new NodeService(machine, { name, argv, dir });
    this.machine = machine;
    this.#options = options;
    this.#containerd = service("containerd", containerd, "--config", `${dir}/containerd.toml`);
    this.#kubelet = service("kubelet", "sh", "-c", RUN_KUBELET, "sh", ...[
      kubelet,
      `--config=${dir}/kubelet.json`,
      `--kubeconfig=${dir}/kubelet-user.json`,
      "--cert-dir=/var/lib/kubelet/pki",
      `--hostname-override=${machine.name}`,
      `--node-ip=${machine.address}`,
    ]);
    this.#proxy = service("kube-proxy", proxy, `--config=${dir}/kube-proxy.json`);
  }

  /** Sets the machine up and starts its daemons; it is ready some time later. */
  async start(): Promise<void> {
    await setUpNode(this.machine, this.#options);
    await this.#startNetwork();
    await this.#containerd.start();
    await Promise.all([this.#proxy.start(), this.#kubelet.start()]);
    for (const archive of this.#options.images) await this.importImage(archive);
  }

  /** As in the API. */
  get name(): string {
    return this.machine.name;
  }

  /** IPv4 address, which is that of Pods with the host's network, too. */
  get address(): string {
    return this.machine.address;
  }

  /** Aborted when a daemon ends without having been told to. */
  get failed(): AbortSignal {
    return AbortSignal.any([this.#containerd, this.#kubelet, this.#proxy].map(({ failed }) => failed));
  }

  /** Runs a command in the node to its end, as `Node.run` does. */
  async exec(argv: readonly string[], options: NodeRunOptions = {}): Promise<CommandResult> {
    return await this.machine.run(argv, options);
  }

  /** Gives containerd an image, out of an archive (OCI or Docker) on this machine. */
  async importImage(archive: string): Promise<void> {
    await this.#untilRuntime();
    await this.exec([...this.#ctr, "images", "import", "--local", "--snapshotter", SNAPSHOTTER, archive], {
      timeoutMs: 300_000,
    });
  }

  /** Ends the kubelet and starts it again; returns when it works. Pods stay. */
  async restartKubelet(): Promise<void> {
    await this.#kubelet.stop();
    await this.#kubelet.start();
    await this.#untilKubelet();
  }

  /** Ends containerd and starts it again; returns when it answers. Containers stay. */
  async restartContainerd(): Promise<void> {
    await this.#containerd.stop();
    await this.#containerd.start();
    await this.#untilRuntime();
  }

  /**
   * Cuts the node's power and starts it again: of Pods and network nothing is left but what is on the disk, which
   * user-mode Linux writes seconds later unless told to (`sync`). Returns when the kubelet works, also without an API
   * server: Services come later, and the API for a while still has the Node as Ready and its Pods as running.
   */
  async reboot(): Promise<void> {
    const services = [this.#kubelet, this.#proxy, this.#containerd];
    for (const service of services) service.forget();
    await this.machine.reboot();
    await this.ended();
    await this.#startNetwork();
    await Promise.all(services.map((service) => service.start()));
    await this.#untilKubelet();
  }

  /** Has on its disk what it wrote there so far. A native node's disk is the machine's. */
  async sync(): Promise<void> {
    if (this.machine.kind === "uml") await this.exec(["sync"]);
  }

  /** Waits until the kubelet says that it works, and the API server can be reached as a Service. */
  async untilHealthy(): Promise<void> {
    await this.#untilKubelet();
    // kube-proxy calls itself healthy before it has done anything.
    await this.#until("kube-proxy", "busybox", "nc", "-w", "3", API_SERVICE, "443");
  }

  /** Expects all daemons to end, as the node will. */
  forget(): void {
    for (const service of [this.#kubelet, this.#proxy, this.#containerd]) service.forget();
  }

  /** Resolves when all daemons have ended. */
  async ended(): Promise<void> {
    await Promise.all([this.#kubelet, this.#proxy, this.#containerd].map((service) => service.ended()));
  }

  get #ctr(): string[] {
    return [this.#options.binaries.ctr, "--address", RUNTIME_SOCKET, "--namespace", "k8s.io"];
  }

  async #untilRuntime(): Promise<void> {
    await this.#until("containerd", ...this.#ctr, "version");
  }

  async #untilKubelet(): Promise<void> {
    await this.#until("kubelet", "busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:10248/healthz");
  }

  async #until(what: string, ...probe: readonly string[]): Promise<void> {
    await waitFor(`${what} of ${this.name} to work`, async () => {
      return (await this.exec(probe, { timeoutMs: 10_000 })).code === 0;
    }, { timeoutMs: 180_000, intervalMs: this.#intervalMs, signal: this.failed });
  }

  /** Between two looks at a daemon: to start a program takes long in user-mode Linux, and holds up the daemon. */
  get #intervalMs(): number {
    return this.machine.kind === "uml" ? 1_000 : 50;
  }

  async #startNetwork(): Promise<void> {
    const { index, gateway, lab } = this.#options;
    const addresses = lab.nodes.map(({ address }) => address);
    const lines = routesOf(index, { addresses, gateway, uplink: this.machine.uplink });
    await this.exec(["ip", "-batch", "-"], { stdin: lines.join("\n") + "\n" });
    // What a bridge passes on within a node must be seen by kube-proxy's rules, too.
    await this.exec(["sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.bridge.bridge-nf-call-iptables=1"]);
  }
}
