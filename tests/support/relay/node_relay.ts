import { join } from "node:path";
import { RELAY_EXTENSION, RELAY_SOCKET } from "../../../shared/schema/relay.ts";
import type { DanmLab } from "../danm_lab.ts";
import { netnsPath } from "../lab/network.ts";
import type { Node } from "../lab/node.ts";
import { Service } from "../lab/service.ts";

/** The relay of a native node, in a process of its own, and a kubeconfig of the node's plugins that names it. */
export class NodeRelay implements AsyncDisposable {
  readonly kubeconfig: string;
  readonly #service: Service;

  private constructor(kubeconfig: string, service: Service) {
    this.kubeconfig = kubeconfig;
    this.#service = service;
  }

  /**
   * Starts a relay to the API server of the node's plugins, or to another one that knows their token.
   *
   * @param options.upstream a kubeconfig of that other one, such as a fault proxy's
   */
  static async start(
    { danm, node }: { danm: DanmLab; node: Node },
    { upstream = danm.kubeconfig(node) }: { upstream?: string } = {},
  ): Promise<NodeRelay> {
    const { lab } = danm;
    const [socket, logPath] = [`${lab.dir}/${node.name}-relay.sock`, `${lab.dir}/${node.name}-relay.log`];
    const program = join(import.meta.dirname ?? "", "relay_process.ts");
    const argv = [Deno.execPath(), "run", "--quiet", "--no-check", "-A", program, upstream, socket];
    const service = new Service({ name: `the relay of ${node.name}`, argv, netns: netnsPath(lab.record), logPath });
    await service.waitUntil("to listen", async () => (await Deno.readTextFile(logPath)).includes("have a relay"));
    // The node has a /run of its own, and the plugin looks there whether there is a relay.
    await node.run(["mkdir", "-p", "/run/danm"]);
    await node.run(["ln", "-sf", socket, RELAY_SOCKET]);
    const kubeconfig = `${lab.dir}/${node.name}-relay.json`;
    const config = JSON.parse(await Deno.readTextFile(danm.kubeconfig(node)));
    config.clusters[0].cluster.extensions = [{ name: RELAY_EXTENSION, extension: { socket } }];
    await Deno.writeTextFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
    return new NodeRelay(kubeconfig, service);
  }

  /** Stops it in its tracks, or lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#service.signal(signal);
  }

  /** Kills it; its socket stays. */
  async kill(): Promise<void> {
    await this.#service.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
