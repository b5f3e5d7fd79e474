/** A directory tree that stands for a node's file system, and the built installer with the product's permissions on it. */
import { dirname } from "node:path";
import { pinRoot } from "../../../installer/render_pinned_launcher.ts";
import { DIST } from "../../support/danm_lab.ts";
import type { Lab } from "../../support/lab/lab.ts";
import { Host, netnsPath } from "../../support/lab/network.ts";
import { addressIn } from "../../support/lab/registry.ts";
import { Service } from "../../support/lab/service.ts";
import type { TokenUser } from "../../support/lab/users.ts";
import { run } from "../../support/run.ts";
import { waitFor } from "../../support/wait.ts";

/** The configuration of the CNI plugin that the tree's runtime uses before DANM comes. */
export const BRIDGE = {
  cniVersion: "1.0.0",
  name: "mynet",
  plugins: [
    { type: "bridge", bridge: "cni0", ipam: { type: "host-local", ranges: [[{ subnet: "10.88.0.0/24" }]] } },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
};

/** Of the probes of a host's first installer; hosts have theirs apart. */
const FIRST_PORT = 19_000;

/** How an installer is started. */
export interface StartOptions {
  /** Default: the ServiceAccount danm-installer, bound to the node. */
  readonly kubeconfig?: string;
  /** Folder of the executables that are installed. Default: what was built. */
  readonly sourceDir?: string;
}

/** One node's tree. */
export class InstallerHost {
  readonly lab: Lab;
  readonly node: string;
  readonly root: string;
  readonly #kubeconfig: string;
  readonly #number: number;
  #starts = 0;

  private constructor(lab: Lab, at: { node: string; root: string; kubeconfig: string; number: number }) {
    this.lab = lab;
    this.node = at.node;
    this.root = at.root;
    this.#kubeconfig = at.kubeconfig;
    this.#number = at.number;
  }

  /**
   * Makes the tree of a node that exists in the API, with the bridge's configuration and plugins.
   *
   * @param options.number the tree's, unique in its lab
   */
  static async create(lab: Lab, { node, number }: { node: string; number: number }): Promise<InstallerHost> {
    const { kubeconfigPath } = await lab.serviceAccount("danm-system", "danm-installer", { node });
    const host = new InstallerHost(lab, {
      node,
      root: `${lab.dir}/tree-${number}`,
      kubeconfig: kubeconfigPath,
      number,
    });
    for (const type of ["bridge", "portmap"]) await host.write(`opt/cni/bin/${type}`, "not started here");
    await host.write("etc/cni/net.d/10-bridge.conflist", JSON.stringify(BRIDGE));
    await Deno.mkdir(host.path("etc/danm"), { recursive: true });
    return host;
  }

  /** The installer's own user, with a token that is bound to the node. */
  user(): Promise<TokenUser> {
    return this.lab.serviceAccount("danm-system", "danm-installer", { node: this.node });
  }

  /** The path of something in the tree. */
  path(relative: string): string {
    return `${this.root}/${relative}`;
  }

  /** Path of our configuration. */
  get confPath(): string {
    return this.path("etc/cni/net.d/00-danm.conflist");
  }

  /** Path of the plugins' kubeconfig. */
  get kubeconfigPath(): string {
    return this.path("etc/cni/net.d/danm.d/kubeconfig.json");
  }

  /** Path of the relay's socket. */
  get relayPath(): string {
    return this.path("run/danm/relay.sock");
  }

  /** Writes a file of the tree. */
  async write(relative: string, text: string): Promise<void> {
    await Deno.mkdir(dirname(this.path(relative)), { recursive: true });
    await Deno.writeTextFile(this.path(relative), text);
  }

  /** Paths of all files of the tree, sorted; without what Deno caches. */
  async files(): Promise<string[]> {
    const { stdout } = await run([
      "find",
      ".",
      "-not",
      "-type",
      "d",
      "-not",
      "-path",
      "*/cache/*",
    ], { cwd: this.root });
    return stdout.trim().split("\n").map((path) => path.slice(2)).sort();
  }

  /** Starts an installer. */
  async start(options: StartOptions = {}): Promise<RunningInstaller> {
    const { kubeconfig = this.#kubeconfig, sourceDir = DIST } = options;
    const number = ++this.#starts;
    const logPath = `${this.root}-${number}.log`;
    const hostname = addressIn(this.lab.record, Host.gateway);
    const port = FIRST_PORT + this.#number * 500 + this.#starts;
    const argv = [await this.#launcher({ kubeconfig, sourceDir }), "install", ...this.#flags(sourceDir)];
    const service = new Service({
      name: `installer ${number} of ${this.node}`,
      argv: [...argv, "-kubeconfig", kubeconfig, "-probe-address", hostname, "-probe-port", String(port)],
      netns: netnsPath(this.lab.record),
      logPath,
      env: { NODE_NAME: this.node },
    });
    return new RunningInstaller(service, { address: `${hostname}:${port}`, logPath });
  }

  /** Runs `danm-installer uninstall` to its end and gives its exit code. */
  async uninstall(): Promise<number> {
    const launcher = await this.#launcher({ kubeconfig: this.#kubeconfig, sourceDir: DIST });
    return (await run([launcher, "uninstall", ...this.#flags(DIST)], { check: false })).code;
  }

  #flags(sourceDir: string): string[] {
    return [
      ...["-plugin-dir", this.path("opt/cni/bin"), "-conf-dir", this.path("etc/cni/net.d")],
      ...["-install-dir", this.path("var/lib/danm"), "-state-dir", this.path("var/lib/cni")],
      ...["-run-dir", this.path("run/danm")],
      ...["-settings-dir", this.path("etc/danm"), "-source-dir", sourceDir],
      ...["-command-path", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    ];
  }

  /** The product's launcher, whose permissions are for this tree instead of the root of a file system. */
  async #launcher({ kubeconfig, sourceDir }: { kubeconfig: string; sourceDir: string }): Promise<string> {
    const text = pinRoot(await Deno.readTextFile(`${DIST}/danm-installer`), DIST)
      .replaceAll(/([=,])\/(opt\/cni|etc|var|run)\//g, `$1${this.root}/$2/`)
      .replace("--allow-read=", `--allow-read=${kubeconfig},${sourceDir},`);
    const path = `${this.root}-danm-installer`;
    await Deno.writeTextFile(path, text, { mode: 0o755 });
    return path;
  }
}

/** An installer's process. */
export class RunningInstaller {
  readonly #service: Service;
  readonly #address: string;
  readonly #logPath: string;

  /** Use {@linkcode InstallerHost.start}. */
  constructor(service: Service, at: { address: string; logPath: string }) {
    this.#service = service;
    this.#address = at.address;
    this.#logPath = at.logPath;
  }

  /** What `/readyz` says; undefined when nobody answers. */
  async readyz(): Promise<{ code: number; text: string } | undefined> {
    try {
      const answer = await fetch(`http://${this.#address}/readyz`);
      return { code: answer.status, text: await answer.text() };
    } catch (error) {
      // It has not begun to listen, or has ended.
      if (!(error instanceof TypeError)) throw error;
      return undefined;
    }
  }

  /** Waits until it says that the node is ready. */
  async ready(): Promise<void> {
    await this.#service.waitUntil("to be ready", async () => (await this.readyz())?.code === 200, {
      timeoutMs: 30_000,
      intervalMs: 100,
    });
  }

  /** Waits until it says why the node is not ready, in words that contain these. */
  async unready(words: string): Promise<void> {
    await this.#service.waitUntil(
      `to say ${words}`,
      async () => {
        const answer = await this.readyz();
        if (answer?.code === 503 && answer.text.includes(words)) return true;
        throw new Error(`it says ${answer?.code} ${answer?.text}`);
      },
      { timeoutMs: 30_000, intervalMs: 100 },
    );
  }

  /** Waits until its log has a line with these words. */
  async says(words: string): Promise<void> {
    await waitFor(`the log to say ${words}`, async () => (await this.log()).includes(words));
  }

  /** Its log so far. */
  log(): Promise<string> {
    return Deno.readTextFile(this.#logPath);
  }

  /** Ends it as the kubelet does, and gives its exit code. */
  terminate(): Promise<number> {
    return this.#service.terminate();
  }

  /** Ends it as a lost node does. */
  kill(): Promise<void> {
    return this.#service.kill();
  }
}
