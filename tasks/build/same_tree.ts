import { join } from "node:path";

/**
 * Whether two folders hold the same files with the same content and mode. Hard links to one file are the same without
 * being read.
 *
 * @param options.ignore names at the top of both folders that do not count
 */
export async function sameTree(a: string, b: string, options: { ignore?: readonly string[] } = {}): Promise<boolean> {
  const ignored = new Set(options.ignore);
  const [inA, inB] = await Promise.all([entries(a), entries(b)]);
  if (inA === undefined || inB === undefined) return false;
  const names = [...new Set([...inA.keys(), ...inB.keys()])].filter((name) => !ignored.has(name));
  for (const name of names) {
    const [one, other] = [inA.get(name), inB.get(name)];
    if (one === undefined || other === undefined || one.isDirectory !== other.isDirectory) return false;
    const same = one.isDirectory ? sameTree : sameFile;
    if (!(await same(join(a, name), join(b, name)))) return false;
  }
  return true;
}

async function entries(dir: string): Promise<Map<string, Deno.DirEntry> | undefined> {
  try {
    const found = await Array.fromAsync(Deno.readDir(dir));
    return new Map(found.map((entry) => [entry.name, entry]));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function sameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([Deno.stat(a), Deno.stat(b)]);
  if (one.size !== other.size || one.mode !== other.mode) return false;
  if (one.ino === other.ino && one.dev === other.dev) return true;
  const [left, right] = await Promise.all([Deno.readFile(a), Deno.readFile(b)]);
  return left.every((byte, at) => byte === right[at]);
}
