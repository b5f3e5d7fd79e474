/**
 * Bodies up to this size leave in one packet with their headers. Above 1,024 bytes the HTTP/2 library writes them
 * separately, and since `fetch` leaves Nagle's algorithm on, that second packet waits 40 ms for the delayed
 * acknowledgement of the first. A body that comes in pieces of at most this size does not.
 *
 * @see docs/decisions/0001-transport-of-the-cni.md
 */
const PIECE_BYTES = 1_000;

/** Renders a request's body as JSON in a form that `fetch` sends without a stall. Make it anew for each try. */
export function requestBody(value: unknown): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return bytes.length <= PIECE_BYTES ? bytes : inPieces(bytes);
}

function inPieces(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  return new ReadableStream({
    pull(controller): void {
      controller.enqueue(bytes.subarray(sent, sent += PIECE_BYTES));
      if (sent >= bytes.length) controller.close();
    },
  });
}
