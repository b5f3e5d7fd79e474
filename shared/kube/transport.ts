import { messageOf } from "../errors.ts";
import { KubeconfigError, type KubeTarget } from "./kube_target.ts";

/** One request as it goes out. */
export interface Outgoing {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: BodyInit;
  readonly signal?: AbortSignal | undefined;
}

/** What came back, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** What a request is told that waited for the connection which another one, in parallel, failed to open. */
const CANCELED = "client error (Connect): request was canceled";
/** Canceled, refused, canceled again by others that were refused later; then something else is wrong. */
const MAX_TURNS = 4;

/**
 * Sends requests to one API server over one HTTP/2 connection, in parallel. A server, or a proxy before it, that only
 * speaks HTTP/1.1 is spoken to in that from its first refusal on.
 */
export class Transport implements Disposable {
  readonly #target: KubeTarget;
  #http: Deno.HttpClient;
  #http1 = false;

  /** @throws {KubeconfigError} when certificate, key or proxy of the target cannot be used */
  constructor(target: KubeTarget) {
    this.#target = target;
    // Go serves HTTP/2 only under TLS.
    this.#http1 = target.server.startsWith("http:");
    this.#http = open(target, this.#http1);
  }

  /**
   * @param makeRequest called for each time the request is sent: a streamed body can be sent only once
   * @throws whatever `fetch` throws; nothing for HTTP errors
   */
  async send(path: string, makeRequest: () => Outgoing): Promise<Answer> {
    for (let turns = 1;; turns++) {
      try {
        return await askOnce({ url: this.#target.server + path, client: this.#http }, makeRequest());
      } catch (error) {
        // In both cases there was no connection, so nothing was sent.
        const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
        const refused = why.includes("NoApplicationProtocol");
        if (turns === MAX_TURNS || !(refused || why.endsWith(CANCELED))) throw error;
        if (refused) this.#useHttp1();
      }
    }
  }

  #useHttp1(): void {
    // Requests in parallel fail together; the first of them changes the client for all.
    if (this.#http1) return;
    this.#http1 = true;
    this.#http.close();
    this.#http = open(this.#target, true);
  }

  [Symbol.dispose](): void {
    this.#http.close();
  }
}

/**
 * Sends one request and reads the whole answer.
 *
 * @throws whatever `fetch` throws; nothing for HTTP errors
 */
export async function askOnce(
  { url, client }: { readonly url: string; readonly client: Deno.HttpClient },
  { signal, ...init }: Outgoing,
): Promise<Answer> {
  // A redirect would carry our token to wherever it points.
  const response = await fetch(url, { ...init, client, redirect: "manual", ...(signal ? { signal } : {}) });
  return { status: response.status, headers: response.headers, body: await textOf(response) };
}

async function textOf(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw new TypeError("the answer broke off", { cause });
  }
}

function open(target: KubeTarget, http1: boolean): Deno.HttpClient {
  const { caCerts, clientCertificate, proxyUrl } = target;
  try {
    return Deno.createHttpClient({
      http1,
      http2: !http1,
      caCerts: [...caCerts],
      ...clientCertificate,
      ...(proxyUrl === undefined ? {} : { proxy: { url: proxyUrl } }),
    });
  } catch (error) {
    throw new KubeconfigError(`${target.source}: certificate, key or proxy cannot be used: ${messageOf(error)}`, {
      file: target.source,
      cause: error,
    });
  }
}
