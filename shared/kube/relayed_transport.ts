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
        // Of a write that fails nobody knows whether it was done, so a GET goes before it.
        if (!this.#isProven && request.method !== "GET") await this.#prove("/version", { ...request, method: "GET" });
        if (this.#isProven) return await askOnce(this.#at(path), request);
        return await this.#prove(path, request);
      } catch (error) {
        if (request.signal?.aborted || (this.#isProven && !isUnconnected(error))) throw error;
      }
    }
    // Requests in parallel fail together; all that follow take one connection.
    this.#direct ??= new Transport(this.#target);
    return await this.#direct.send(path, makeRequest);
  }

  /** Any answer will do. */
  async #prove(path: string, { method, headers, signal: given }: Outgoing): Promise<Answer> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const signal = given ? AbortSignal.any([given, patience]) : patience;
    const answer = await askOnce(this.#at(path), { method, headers, signal });
    this.#isProven = true;
    return answer;
  }

  #at(path: string): { readonly url: string; readonly client: Deno.HttpClient } {
    return { url: this.#server + path, client: this.#relay };
  }

  [Symbol.dispose](): void {
    this.#relay.close();
    this.#direct?.[Symbol.dispose]();
  }
}

/** Nobody listens there, so nothing was passed on. */
function isUnconnected(error: unknown): boolean {
  const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
  return why.includes("client error (Connect)");
}
