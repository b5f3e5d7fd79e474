import type { Order, Report } from "./fault_proxy_process.ts";
import { netnsPath } from "./network.ts";
import type { LabRecord } from "./registry.ts";

/** The process of a fault proxy, and orders to it, one after the other. */
export class Channel {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reports: AsyncGenerator<Report>;
  readonly #logPath: string;
  #last: Promise<unknown> = Promise.resolve();

  /** Starts the process, in the lab's network namespace. */
  constructor(lab: LabRecord) {
    const script = new URL("./fault_proxy_process.ts", import.meta.url).pathname;
    const config = new URL("../../../deno.json", import.meta.url).pathname;
    this.#logPath = `${lab.dir}/fault-proxy.log`;
    const redirect = ["sh", "-c", 'log=$1; shift; exec "$@" 2>>"$log"', "sh", this.#logPath];
    const flags = ["run", "--quiet", "--allow-all", "--config", config, script];
    this.#child = new Deno.Command("nsenter", {
      args: [`--net=${netnsPath(lab)}`, ...redirect, Deno.execPath(), ...flags],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
      detached: true,
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reports = readReports(this.#child.stdout);
  }

  /**
   * Gives the value of the process's answer.
   *
   * @throws {Error} when the order failed or the process ended
   */
  async send(order: Order): Promise<unknown> {
    const answer = this.#last.then(() => this.#exchange(order));
    this.#last = answer.catch(() => {});
    return await answer;
  }

  /** Ends the process and waits for that. */
  async close(): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#child.status;
    await this.#reports.return(undefined);
  }

  async #exchange(order: Order): Promise<unknown> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
    const { value, done } = await this.#reports.next();
    if (done) throw new Error(`the fault proxy ended: ${await Deno.readTextFile(this.#logPath).catch(() => "")}`);
    if ("error" in value) throw new Error(`fault proxy, ${order.op}: ${value.error}`);
    return value.value;
  }
}

async function* readReports(stream: ReadableStream<Uint8Array>): AsyncGenerator<Report> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as Report;
  }
}
