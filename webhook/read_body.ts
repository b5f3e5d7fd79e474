/** A body that is longer than it may be. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/** How a body is read. */
export interface ReadBodyOptions {
  readonly maxBytes: number;
  /** Asked before so many more bytes are kept; false = nothing of the body is. */
  readonly mayKeep: (bytes: number) => boolean;
}

/**
 * Reads a request's body, but no more of it than is allowed. What may not be kept is read to the end all the same: who is
 * still writing would not read an answer.
 *
 * @returns undefined when it was not kept
 * @throws {BodyTooLarge} as soon as more than `maxBytes` have come
 * @throws whatever the connection ends with before the body does
 */
export async function readBody(
  request: Request,
  { maxBytes, mayKeep }: ReadBodyOptions,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isKept = true;
  // Leaving the loop cancels the rest.
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw new BodyTooLarge(`body: more than ${maxBytes} bytes`);
    isKept &&= mayKeep(chunk.byteLength);
    if (isKept) chunks.push(chunk);
    else chunks.length = 0;
  }
  return isKept ? joined(chunks, length) : undefined;
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
