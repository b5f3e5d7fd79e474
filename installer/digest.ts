import { createHash } from "node:crypto";

const CHUNK_BYTES = 1 << 20;

/** Tells the SHA-256 of files; of one that has not changed since, without reading it again. */
export class Digests {
  readonly #known = new Map<string, { readonly stamp: string; readonly digest: string }>();

  /**
   * @returns in hex
   * @throws {Deno.errors} of the file system
   */
  async of(path: string): Promise<string> {
    const stamp = stampOf(await Deno.stat(path));
    const known = this.#known.get(path);
    if (known?.stamp === stamp) return known.digest;
    const digest = await digestFile(path);
    this.#known.set(path, { stamp, digest });
    return digest;
  }
}

/** SHA-256 of a text, in hex. */
export function digestText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function stampOf({ dev, ino, size, mtime, ctime }: Deno.FileInfo): string {
  return [dev, ino, size, mtime?.getTime(), ctime?.getTime()].join(" ");
}

async function digestFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let read = await file.read(chunk); read !== null; read = await file.read(chunk)) {
    hash.update(chunk.subarray(0, read));
  }
  return hash.digest("hex");
}
