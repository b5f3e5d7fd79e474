/** What a method answers, or the way in which it does not. */
export type GrpcAnswer =
  /** A message, encoded. */
  | Uint8Array
  /** Status without a message. */
  | { readonly status: number; readonly message?: string }
  /** An answer of these headers and bytes, gRPC or not. */
  | { readonly headers: Readonly<Record<string, string>>; readonly bytes: Uint8Array<ArrayBuffer> }
  /** The call is never answered. */
  | "hang";

/** Answers calls by their paths, as in `/v1.PodResourcesLister/Get`; others are not implemented. */
export type GrpcMethods = Readonly<Record<string, (message: Uint8Array) => GrpcAnswer>>;

const GRPC = { "content-type": "application/grpc" };
const UNIMPLEMENTED = 12;

/**
 * A server on a unix socket that answers calls with one message each way as a test tells it, faults included. It sends
 * no trailers, so it is for clients that read none. Not of `node:http2`, whose servers crash now and then when a client
 * says goodbye (denoland/deno#36788).
 */
export class GrpcServer implements AsyncDisposable {
  /** Paths of the calls that arrived. */
  readonly calls: string[] = [];
  readonly #end = new AbortController();
  readonly #server: Deno.HttpServer<Deno.UnixAddr>;

  private constructor(path: string, methods: GrpcMethods) {
    const options = { path, signal: this.#end.signal, onListen: (): void => {} };
    this.#server = Deno.serve(options, (request) => this.#serve(request, methods));
  }

  /** Listens on a socket of that path. */
  static start(socketPath: string, methods: GrpcMethods): GrpcServer {
    return new GrpcServer(socketPath, methods);
  }

  async #serve(request: Request, methods: GrpcMethods): Promise<Response> {
    const message = (await request.bytes()).subarray(5);
    const path = new URL(request.url).pathname;
    this.calls.push(path);
    const answer = methods[path]?.(message) ?? { status: UNIMPLEMENTED };
    if (answer === "hang") return await new Promise<never>(() => {});
    if (answer instanceof Uint8Array) return new Response(grpcFrame(answer), { headers: GRPC });
    if ("bytes" in answer) return new Response(answer.bytes, { headers: answer.headers });
    const failed = { "grpc-status": `${answer.status}`, "grpc-message": encodeURIComponent(answer.message ?? "") };
    return new Response(null, { headers: { ...GRPC, ...failed } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#server.finished;
  }
}

/** A message as it stands in the body of a call or an answer. */
export function grpcFrame(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(5 + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, 5);
  return frame;
}
