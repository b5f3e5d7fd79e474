import { abortable } from "../abortable.ts";
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
  /** Settled by the first answer that the relay brings, or fails to bring. */
  #proof: Promise<unknown> | undefined;
  /** The way without the relay, once that has failed. */
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
    const relayed = this.#direct ? undefined : await this.#relayed(path, makeRequest());
    return relayed ?? await this.#straight().send(path, makeRequest);
  }

  /** Undefined when the request has to go straight: nothing was sent, or nothing that does anything. */
  async #relayed(path: string, request: Outgoing): Promise<Answer | undefined> {
    const { method, signal } = request;
    try {
      if (method === "GET" && !this.#isProven) return await this.#prove(path, request);
      // Of a write that fails nobody knows whether it was done, so an answer to a GET comes before it.
      await abortable(this.#proof ?? this.#prove("/version", { ...request, method: "GET" }), signal);
    } catch (error) {
      if (signal?.aborted) throw error;
      this.#straight();
      return undefined;
    }
    try {
      return await askOnce(this.#at(path), request);
    } catch (error) {
      if (signal?.aborted) throw error;
      // What is on its way is lost with it, but nothing that follows.
      this.#straight();
      if (isUnconnected(error)) return undefined;
      throw error;
    }
  }

  /** Any answer to a GET will do. */
  #prove(path: string, { method, headers, signal: given }: Outgoing): Promise<Answer> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const signal = given ? AbortSignal.any([given, patience]) : patience;
    const asked = askOnce(this.#at(path), { method, headers, signal }).then((answer) => {
      this.#isProven = true;
      return answer;
    });
    this.#proof ??= asked;
    // Whoever waits for the proof sees how it ends.
    this.#proof.catch(() => {});
    return asked;
  }

  /** Requests in parallel fail together; all that follow take one connection. */
  #straight(): Transport {
    return this.#direct ??= new Transport(this.#target);
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
