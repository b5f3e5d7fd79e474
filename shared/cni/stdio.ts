/**
 * Reads stdin, all of it or the first chunk too many: what is longer than `maxBytes` is not read to its end. Synchronously, because loading the streams of the web costs 4 ms and 3 MB in every process.
 */
export function readStdin(maxBytes: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const chunk = new Uint8Array(64 * 1024);
    const length = Deno.stdin.readSync(chunk);
    if (length === null) break;
    chunks.push(chunk.subarray(0, length));
    total += length;
    if (total > maxBytes) break;
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Writes all of a text to stdout. */
export function writeStdout(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}
