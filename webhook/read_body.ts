/** A body that is longer than it may be. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/**
 * Reads a request's body, but no more of it than is allowed.
 *
 * @throws {BodyTooLarge} as soon as more than `maxBytes` have come
 * @throws whatever the connection ends with before the body does
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const length = await readChunks(request, { maxBytes, take: (chunk) => chunks.push(chunk) });
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/**
 * Reads a request's body for nothing: who is still writing would not read an answer.
 *
 * @throws {BodyTooLarge} as soon as more than `maxBytes` have come
 * @throws whatever the connection ends with before the body does
 */
export async function discardBody(request: Request, maxBytes: number): Promise<void> {
  await readChunks(request, { maxBytes, take: () => undefined });
}

async function readChunks(
  request: Request,
  { maxBytes, take }: { maxBytes: number; take: (chunk: Uint8Array) => void },
): Promise<number> {
  let length = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw new BodyTooLarge(`body: more than ${maxBytes} bytes`);
    take(chunk);
  }
  return length;
}
