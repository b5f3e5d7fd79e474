import { Buffer } from "node:buffer";
import http2 from "node:http2";

/** What a method answers, or the way in which it does not. */
export type GrpcAnswer =
  /** Messages, encoded, and status OK behind them. */
  | AsyncIterable<Uint8Array>
  | readonly Uint8Array[]
  /** Status without a message. */
  | { readonly status: number; readonly message?: string }
  /** An answer of these headers and bytes, gRPC or not. */
  | { readonly headers: Readonly<Record<string, string>>; readonly bytes: Uint8Array }
  /** The call is never answered. */
  | "hang"
  /** The stream is reset. */
  | "reset"
  /** The whole connection is closed. */
  | "drop";

/** Answers the calls of a gRPC server by their paths, as in `/v1.PodResourcesLister/Get`; others are not implemented. */
export type GrpcMethods = Readonly<Record<string, (message: Uint8Array) => GrpcAnswer>>;

const GRPC = { ":status": 200, "content-type": "application/grpc" };
const UNIMPLEMENTED = 12;

/** A gRPC server on a unix socket that answers as a test tells it, faults included. */
export class GrpcServer implements AsyncDisposable {
  /** Paths of the calls that arrived. */
  readonly calls: string[] = [];
  readonly #server = http2.createServer();
  readonly #sessions = new Set<http2.ServerHttp2Session>();

  private constructor(methods: GrpcMethods) {
    this.#server.on("session", (session) => {
      this.#sessions.add(session);
      session.on("error", () => this.#sessions.delete(session));
      session.on("close", () => this.#sessions.delete(session));
    });
    this.#server.on("stream", (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
      // The faults of this server and the client's aborts end streams; both are what a test looks at from outside.
      stream.on("error", () => stream.destroy());
      this.#serve(stream, { path: headers[":path"] ?? "", methods }).catch(() => stream.destroy());
    });
  }

  /** Listens on a socket of that path, which goes with the server. */
  static async start(socketPath: string, methods: GrpcMethods): Promise<GrpcServer> {
    const server = new GrpcServer(methods);
    await new Promise<void>((resolve, reject) => {
      server.#server.once("error", reject);
      server.#server.listen(socketPath, resolve);
    });
    return server;
  }

  async #serve(
    stream: http2.ServerHttp2Stream,
    { path, methods }: { path: string; methods: GrpcMethods },
  ): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    this.calls.push(path);
    const answer = methods[path]?.(new Uint8Array(Buffer.concat(chunks).subarray(5))) ?? { status: UNIMPLEMENTED };
    if (answer === "hang") return;
    if (answer === "reset") return stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    if (answer === "drop") return stream.session?.destroy();
    if ("status" in answer) {
      const failed = { "grpc-status": `${answer.status}`, "grpc-message": encodeURIComponent(answer.message ?? "") };
      return stream.respond({ ...GRPC, ...failed }, { endStream: true });
    }
    if ("bytes" in answer) {
      stream.respond({ ":status": 200, ...answer.headers });
      return void stream.end(answer.bytes);
    }
    stream.respond(GRPC, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    for await (const message of answer) stream.write(grpcFrame(message));
    stream.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** A message as it stands in the body of a call or an answer. */
export function grpcFrame(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(5 + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, 5);
  return frame;
}
