/**
 * The process of a fault proxy. It runs in the lab's network namespace, where nodes reach it; the test process
 * tells it what to do in lines of JSON on its standard input and reads answers, in the same order, from its
 * standard output. It ends with its input.
 */
import type { Partition } from "./fault_listener.ts";
import { FaultServer, type ServerOptions } from "./fault_server.ts";
import { type Rule, Rules } from "./fault_rules.ts";

/** What a test process asks of the proxy's process; the first is always `start`. */
export type Order =
  | { readonly op: "start"; readonly options: ServerOptions }
  | { readonly op: "add"; readonly rule: Rule }
  | { readonly op: "clear"; readonly id?: number }
  | { readonly op: "partition"; readonly partition: Partition }
  | { readonly op: "release"; readonly number: number }
  | { readonly op: "count" }
  | { readonly op: "requests"; readonly after: number };

/** The answer to an order. */
export type Report = { readonly value: unknown } | { readonly error: string };

class Operator {
  readonly #rules = new Rules();
  #server: FaultServer | undefined;

  async follow(order: Order): Promise<unknown> {
    if (order.op === "start") {
      this.#server = new FaultServer(order.options, this.#rules);
      return await this.#server.listen();
    }
    if (this.#server === undefined) throw new Error("the proxy was not started");
    switch (order.op) {
      case "add":
        return this.#rules.add(order.rule);
      case "clear":
        return this.#rules.clear(order.id);
      case "partition":
        return await this.#server.setPartition(order.partition);
      case "release":
        return this.#server.release(order.number);
      case "count":
        return this.#server.seen.length;
      case "requests":
        return this.#server.seen.slice(order.after);
    }
  }
}

if (import.meta.main) {
  const operator = new Operator();
  const encoder = new TextEncoder();
  let text = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      let report: Report;
      try {
        report = { value: await operator.follow(JSON.parse(line) as Order) };
      } catch (error) {
        report = { error: String(error) };
      }
      Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(report)}\n`));
    }
  }
  Deno.exit(0);
}
