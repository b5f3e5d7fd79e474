import { Buffer } from "node:buffer";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate, KubeTarget } from "../../../shared/kube/kube_target.ts";
import { Authority } from "../lab/certificates.ts";

/** A request that arrived, read to its end. */
export interface Received {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: string;
  /** Common name of the client's certificate, if it sent one. */
  readonly commonName: string | undefined;
}

/** An answer, or the way in which there is none. */
export type Reply =
  | {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** An object is sent as JSON, a string as it is. */
    readonly body?: unknown;
    /** The stream breaks after the body. */
    readonly breakOff?: boolean;
  }
  /** The request is never answered. */
  | "hang"
  /** The stream is reset. */
  | "reset"
  /** The whole connection is closed. */
  | "drop";

/** Decides the answer; called with the request and how many came before it. */
export type Script = (request: Received, index: number) => Reply | Promise<Reply>;

/** A TLS server with HTTP/2 that answers as a test tells it, faults included. */
export class ScriptedServer implements AsyncDisposable {
  readonly requests: Received[] = [];
  /** Connections that were opened so far. */
  connections = 0;
  readonly #server: http2.Http2SecureServer;
  readonly #sessions = new Set<http2.ServerHttp2Session>();
  readonly #authority: Authority;

  private constructor(server: http2.Http2SecureServer, authority: Authority, script: Script) {
    this.#server = server;
    this.#authority = authority;
    server.on("session", (session) => {
      this.connections++;
      this.#sessions.add(session);
      session.on("error", () => this.#sessions.delete(session));
      session.on("close", () => this.#sessions.delete(session));
    });
    server.on("stream", (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
      // The faults of this server and the client's aborts end streams; both are what a test looks at from outside.
      stream.on("error", () => stream.destroy());
      this.#serve(stream, { headers, script }).catch(() => stream.destroy());
    });
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(script: Script): Promise<ScriptedServer> {
    const authority = await Authority.create("scripted server");
    const { cert, key } = await authority.issue({ commonName: "scripted", hosts: ["127.0.0.1", "localhost"] });
    const server = http2.createSecureServer({
      cert,
      key,
      ca: [authority.cert],
      requestCert: true,
      rejectUnauthorized: false,
    });
    const scripted = new ScriptedServer(server, authority, script);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return scripted;
  }

  /** The authority's certificate, PEM. */
  get ca(): string {
    return this.#authority.cert;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A target without credentials, with what a test adds. */
  target(more: Partial<KubeTarget> = {}): KubeTarget {
    return { source: "the test", server: this.url, caCerts: [this.ca], ...more };
  }

  /** A client certificate of this server's authority. */
  async user(commonName: string): Promise<ClientCertificate> {
    return await this.#authority.issue({ commonName });
  }

  async #serve(
    stream: http2.ServerHttp2Stream,
    { headers, script }: { headers: http2.IncomingHttpHeaders; script: Script },
  ): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const request: Received = {
      method: headers[":method"] ?? "",
      path: headers[":path"] ?? "",
      headers,
      body: Buffer.concat(chunks).toString(),
      commonName: (stream.session?.socket as TLSSocket | undefined)?.getPeerCertificate()?.subject?.CN as
        | string
        | undefined,
    };
    const reply = await script(request, this.requests.push(request) - 1);
    if (reply === "hang") return;
    if (reply === "reset") return stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    if (reply === "drop") return stream.session?.destroy();
    const text = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? {});
    stream.respond({ ":status": reply.status, "content-type": "application/json", ...reply.headers });
    if (!reply.breakOff) return void stream.end(text);
    stream.write(text, () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** A Status object as the API server sends it with an error. */
export function statusObject(
  code: number,
  reason: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return { kind: "Status", apiVersion: "v1", status: "Failure", message: `it is ${reason}`, reason, code, ...more };
}
