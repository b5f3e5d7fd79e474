import { signalProcess } from "../run.ts";
import { waitFor, type WaitOptions } from "../wait.ts";

/** What a service is and where it runs. */
export interface ServiceOptions {
  readonly name: string;
  readonly argv: readonly string[];
  /** Path of the network namespace. */
  readonly netns: string;
  readonly logPath: string;
  readonly env?: Record<string, string>;
}

/** A long-running program of a lab, in the lab's network namespace, with its output in a file. */
export class Service {
  readonly #options: ServiceOptions;
  readonly #child: Deno.ChildProcess;
  #status: Deno.CommandStatus | undefined;

  /** Starts the program. That it is ready is for {@linkcode Service.waitUntil} to find out. */
  constructor(options: ServiceOptions) {
    this.#options = options;
    const redirect = ["sh", "-c", 'log=$1; shift; exec "$@" >>"$log" 2>&1', "sh", options.logPath];
    this.#child = new Deno.Command("nsenter", {
      args: [`--net=${options.netns}`, ...redirect, ...options.argv],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      detached: true,
      ...(options.env === undefined ? {} : { env: options.env }),
    }).spawn();
    void this.#child.status.then((status) => this.#status = status);
  }

  /** Of the program itself. */
  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Waits for a condition of this service.
   *
   * @throws {Error} when the deadline passes or the program ends; the message has the end of its log
   */
  async waitUntil<T>(
    what: string,
    probe: () => Promise<T | undefined | false>,
    options: WaitOptions = {},
  ): Promise<T> {
    const ended = new AbortController();
    const watch = (): Promise<T | undefined | false> => {
      if (this.#status === undefined) return probe();
      ended.abort(new Error(`it ended with code ${this.#status.code}`));
      return Promise.resolve(false);
    };
    try {
      return await waitFor(`${this.#options.name} ${what}`, watch, { ...options, signal: ended.signal });
    } catch (error) {
      const log = await Deno.readTextFile(this.#options.logPath).catch(() => "(no log)");
      const end = log.trim().split("\n").slice(-12).join("\n");
      throw new Error(`${this.#options.name} did not start; the end of its log:\n${end}`, { cause: error });
    }
  }

  /** Stops the program in its tracks, or lets it go on. Connections to it stay open meanwhile. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    signalProcess(this.pid, signal);
  }

  /** Asks the program to end, waits until it has, and gives its exit code. */
  async terminate(): Promise<number> {
    signalProcess(this.pid, "SIGTERM");
    return (await this.#child.status).code;
  }

  /** Kills the program and waits until it is gone. */
  async kill(): Promise<void> {
    signalProcess(this.pid, "SIGKILL");
    await this.#child.status;
  }
}
