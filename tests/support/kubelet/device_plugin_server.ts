import { Buffer } from "node:buffer";
import http2 from "node:http2";
import { grpcFrame } from "./grpc_server.ts";

/** Answers the calls of a device plugin by their paths; others are not implemented. */
export type DevicePluginMethods = Readonly<
  Record<string, (message: Uint8Array) => AsyncIterable<Uint8Array> | readonly Uint8Array[]>
>;

const GRPC = { ":status": 200, "content-type": "application/grpc" };
const UNIMPLEMENTED = "12";

/** A gRPC server on a unix socket, for a kubelet: with trailers and with answers of many messages. */
export class DevicePluginServer implements AsyncDisposable {
  readonly #server = http2.createServer();
  readonly #sessions = new Set<http2.ServerHttp2Session>();

  private constructor(methods: DevicePluginMethods) {
    this.#server.on("session", (session) => {
      this.#sessions.add(session);
      session.on("error", () => this.#sessions.delete(session));
      session.on("close", () => this.#sessions.delete(session));
    });
    this.#server.on("stream", (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
      // The kubelet's aborts and the end of the plugin end streams.
      stream.on("error", () => stream.destroy());
      serve(stream, { path: headers[":path"] ?? "", methods }).catch(() => stream.destroy());
    });
  }

  /** Listens on a socket of that path, which goes with the server. */
  static async start(socketPath: string, methods: DevicePluginMethods): Promise<DevicePluginServer> {
    const server = new DevicePluginServer(methods);
    await new Promise<void>((resolve, reject) => {
      server.#server.once("error", reject);
      server.#server.listen(socketPath, resolve);
    });
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

async function serve(
  stream: http2.ServerHttp2Stream,
  { path, methods }: { path: string; methods: DevicePluginMethods },
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const answer = methods[path]?.(new Uint8Array(Buffer.concat(chunks).subarray(5)));
  if (answer === undefined) return stream.respond({ ...GRPC, "grpc-status": UNIMPLEMENTED }, { endStream: true });
  stream.respond(GRPC, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  for await (const message of answer) stream.write(grpcFrame(message));
  stream.end();
}
