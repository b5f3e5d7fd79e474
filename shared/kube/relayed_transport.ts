import type { KubeTarget } from "./kube_target.ts";
import { type Answer, askOnce, type Outgoing, Transport } from "./transport.ts";

/** How long a relay may owe its first answer, in milliseconds. A busy API server may; a relay that hangs always does. */
const PATIENCE_MS = 2_000;

/**
 * Sends requests through the node's relay, which speaks TLS for us: that saves a process the entropy of its first
 * handshake. Without a relay, or with one that does not do, requests go straight to the API server from then on, as long
 * as that cannot send one twice that may not be.
 *
 * @see docs/decisions/0013-relay.md
 */
export class RelayedTransport implements Disposable {
  readonly #target: KubeTarget;
  /** The server as it is asked behind the relay: without TLS, under its own name. */
  readonly #server: string;
  readonly #relay: Deno.HttpClient;
  /** Whether the relay has brought an answer. */
  #isProven = false;
  #direct: Transport | undefined;

  /** @throws {KubeconfigError} when the target names no relay */
  constructor(target: KubeTarget & { readonly relay: string }) {
    this.#target = target;
    this.#server = target.server.replace(/^https:/, "http:");
    this.#relay = Deno.createHttpClient({
      http1: false,
      http2: true,
      proxy: { transport: "unix", path: target.relay },
    });
  }

  /** As {@linkcode Transport.send}. */
  async send(path: string, makeRequest: () => Outgoing): Promise<Answer> {
    if (!this.#direct) {
      const request = makeRequest();
      try {
        return await this.#ask(path, request);
      } catch (error) {
        if (request.signal?.aborted || !this.#mayRepeat(request, error)) throw error;
      }
    }
    // Requests in parallel fail together; all that follow take one connection.
    this.#direct ??= new Transport(this.#target);
    return await this.#direct.send(path, makeRequest);
  }

  async #ask(path: string, request: Outgoing): Promise<Answer> {
    const at = { url: this.#server + path, client: this.#relay };
    if (this.#isProven || request.method !== "GET") return await this.#proven(askOnce(at, request));
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
    const signal = request.signal ? AbortSignal.any([request.signal, patience.signal]) : patience.signal;
    try {
      return await this.#proven(askOnce(at, { ...request, signal }));
    } finally {
      clearTimeout(timer);
    }
  }

  async #proven(asked: Promise<Answer>): Promise<Answer> {
    const answer = await asked;
    this.#isProven = true;
    return answer;
  }

  /** A relay that is not there has passed nothing on; what one did that broke down is unknown, but a GET does nothing. */
  #mayRepeat({ method }: Outgoing, error: unknown): boolean {
    const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
    return why.includes("client error (Connect)") || (method === "GET" && !this.#isProven);
  }

  [Symbol.dispose](): void {
    this.#relay.close();
    this.#direct?.[Symbol.dispose]();
  }
}
