import { logged } from "../kubelet/pod_node.ts";
import type { Node } from "../lab/node.ts";
import type { RunningCommand } from "../run.ts";

/** A daemon of a node. */
export interface NodeServiceOptions {
  readonly name: string;
  readonly argv: readonly string[];
  /** Where its log is. */
  readonly dir: string;
}

/** Starts, stops and starts again one daemon of a node, as an init system does; only that it never does so by itself. */
export class NodeService {
  readonly #node: Node;
  readonly #options: NodeServiceOptions;
  #command: RunningCommand | undefined;
  #ended: Promise<void> = Promise.resolve();
  #failed = new AbortController();

  /** Starts nothing yet. */
  constructor(node: Node, options: NodeServiceOptions) {
    this.#node = node;
    this.#options = options;
  }

  /** Aborted when the daemon ends without having been told to. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** Starts the daemon, which does not mean that it is ready. */
  async start(): Promise<void> {
    const { name, dir, argv } = this.#options;
    const command = await this.#node.start([...logged(dir, name), ...argv]);
    const failed = this.#failed = new AbortController();
    this.#command = command;
    this.#ended = command.result.then(({ code }) => `ended with code ${code}`, String).then((how) => {
      if (this.#command !== command) return;
      const text = Deno.readTextFileSync(`${dir}/${name}.log`).trim().split("\n").slice(-12).join("\n");
      failed.abort(new Error(`${name} of ${this.#node.name} ${how}; the end of its log:\n${text}`));
    });
  }

  /** Has the daemon end, and waits until it has; what it started goes on. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    const command = this.#command;
    this.forget();
    await command?.kill(signal);
    await this.#ended;
  }

  /** Expects the daemon to end with its node. */
  forget(): void {
    this.#command = undefined;
  }

  /** Resolves when the daemon has ended. */
  async ended(): Promise<void> {
    await this.#ended;
  }
}
