import type { Lab } from "../lab/lab.ts";
import { netnsPath } from "../lab/network.ts";
import { Service } from "../lab/service.ts";
import { DIST } from "../danm_lab.ts";

/** How a replica is started. */
export interface ReplicaOptions {
  /** Unique in its lab. */
  readonly name: string;
  /** Where it listens, in the lab's network namespace. */
  readonly address: string;
  readonly port: number;
  readonly operationsPort: number;
  readonly kubeconfig: string;
  /** Further flags. */
  readonly flags: readonly string[];
}

/** A process of the webhook: the built executable with the product's permissions, in a lab's network namespace. */
export class Replica {
  readonly #options: ReplicaOptions;
  readonly #service: Service;
  readonly #logPath: string;

  private constructor(lab: Lab, options: ReplicaOptions) {
    this.#options = options;
    this.#logPath = `${lab.dir}/${options.name}.log`;
    const { address, port, operationsPort, kubeconfig, flags } = options;
    const argv = [
      `${DIST}/danm-webhook`,
      ...["-bind-address", address, "-bind-port", String(port), "-operations-port", String(operationsPort)],
      ...["-kubeconfig", kubeconfig, "-log-level", "debug", ...flags],
    ];
    this.#service = new Service({ name: options.name, argv, netns: netnsPath(lab.record), logPath: this.#logPath });
  }

  /** Starts a process and waits until it says that it is ready. @throws {Error} with the end of its log */
  static async start(lab: Lab, options: ReplicaOptions): Promise<Replica> {
    const replica = new Replica(lab, options);
    await replica.#service.waitUntil("to be ready", () => replica.isReady());
    return replica;
  }

  /** Of its EndpointSlice, too. */
  get name(): string {
    return this.#options.name;
  }

  /** Where it serves HTTPS. */
  get port(): number {
    return this.#options.port;
  }

  /** Of the process. */
  get pid(): number {
    return this.#service.pid;
  }

  /** What `/readyz` says. @throws {TypeError} when nobody answers */
  async isReady(): Promise<boolean> {
    const response = await this.#operations("readyz");
    await response.body?.cancel();
    return response.ok;
  }

  /** What Prometheus would read. */
  async metrics(): Promise<string> {
    return await (await this.#operations("metrics")).text();
  }

  /** The sum of a metric's series whose labels contain a text, such as `webhook="mutate"`. */
  async metric(name: string, labels = ""): Promise<number> {
    const lines = (await this.metrics()).split("\n").filter((line) =>
      (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels)
    );
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  /** The JSON lines it has logged so far, as objects. */
  async log(): Promise<Record<string, unknown>[]> {
    const lines = (await Deno.readTextFile(this.#logPath)).trim().split("\n");
    return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  }

  /** Stops it in its tracks, or lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#service.signal(signal);
  }

  /** Asks it to end and gives its exit code. */
  async terminate(): Promise<number> {
    return await this.#service.terminate();
  }

  /** Kills it and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#service.kill();
  }

  async #operations(path: string): Promise<Response> {
    const { address, operationsPort } = this.#options;
    return await fetch(`http://${address}:${operationsPort}/${path}`, { signal: AbortSignal.timeout(5_000) });
  }
}
