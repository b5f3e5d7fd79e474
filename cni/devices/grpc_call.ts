/** The status of a gRPC call that failed. */
export const GrpcStatus = { Unknown: 2, Unimplemented: 12 } as const;

/** A server answered a gRPC call with another status than OK. */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  /** @see https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
  readonly status: number;

  constructor(method: string, { status, message }: { status: number; message: string }) {
    super(`${method}: gRPC status ${status}${message === "" ? "" : `: ${message}`}`);
    this.status = status;
  }
}

/** One byte says whether the message is compressed, four how long it is. */
const PREFIX_BYTES = 5;

/**
 * Calls a method with one message each way (a unary call) of a gRPC server that listens on a unix socket.
 *
 * The status of a call that failed is read from the headers of its answer. Servers put it there when they have no
 * message to send; `fetch` does not show the trailers that follow one.
 *
 * @param method as in `/v1.PodResourcesLister/Get`
 * @returns the message, encoded
 * @throws {GrpcError} when the server answers with an error
 * @throws {Error} when it does not answer, or not in gRPC
 * @throws the signal's reason
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export async function callUnary(
  method: string,
  { socketPath, message, signal }: { socketPath: string; message: Uint8Array; signal: AbortSignal },
): Promise<Uint8Array> {
  using client = Deno.createHttpClient({ http1: false, http2: true, proxy: { transport: "unix", path: socketPath } });
  try {
    const response = await fetch(`http://localhost${method}`, {
      method: "POST",
      headers: { "content-type": "application/grpc", "te": "trailers" },
      body: withPrefix(message),
      client,
      signal,
    });
    return await readAnswer(method, response);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof TypeError)) throw error;
    // What fetch says itself is "fetch failed"; its cause says what happened to the socket, behind the URL.
    const why = error.cause instanceof Error ? error.cause.message : error.message;
    throw new Error(`${method}: ${why.replace(/^error sending request for url \(\S+\): /, "")}`, { cause: error });
  }
}

async function readAnswer(method: string, response: Response): Promise<Uint8Array> {
  const bytes = await response.bytes();
  const type = response.headers.get("content-type") ?? "";
  if (response.status !== 200 || !type.startsWith("application/grpc")) {
    throw new Error(`${method}: no gRPC answer: HTTP status ${response.status}, content type ${JSON.stringify(type)}`);
  }
  const status = Number(response.headers.get("grpc-status") ?? 0);
  if (status !== 0) throw new GrpcError(method, { status, message: readMessage(response.headers) });
  if (bytes.length < PREFIX_BYTES) throw new Error(`${method}: the answer has no message`);
  const lengthBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (bytes[0] !== 0 || lengthBytes !== bytes.length - PREFIX_BYTES) {
    throw new Error(`${method}: the answer is not one whole, uncompressed message`);
  }
  return bytes.subarray(PREFIX_BYTES);
}

function withPrefix(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PREFIX_BYTES + message.length);
  new DataView(bytes.buffer).setUint32(1, message.length);
  bytes.set(message, PREFIX_BYTES);
  return bytes;
}

/** The server's explanation, which it percent-encodes where it is not plain ASCII. */
function readMessage(headers: Headers): string {
  const text = headers.get("grpc-message") ?? "";
  try {
    return decodeURIComponent(text);
  } catch (_notEncoded) {
    return text;
  }
}
