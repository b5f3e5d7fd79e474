import { basename, dirname } from "node:path";

/** Where a file is prepared that takes the place of `path`; the same for every try, so that none is left behind. */
export function preparedPath(path: string): string {
  return `${dirname(path)}/.${basename(path)}.new`;
}

/**
 * Puts a text at a path: at once or not at all, also when the power fails. A process that has the old file open keeps
 * that.
 *
 * @param options.mode permission bits, whatever the umask is
 * @throws {Deno.errors} of the file system; nothing is left then
 */
export async function writeAtomically(path: string, text: string, { mode }: { mode: number }): Promise<void> {
  await prepare(path, { mode, fill: (prepared) => Deno.writeTextFile(prepared, text, { mode: 0o600 }) });
}

/**
 * Puts a copy of a file at a path, as {@linkcode writeAtomically} does.
 *
 * @throws {Deno.errors} of the file system; nothing is left then
 */
export async function copyAtomically(path: string, source: string, { mode }: { mode: number }): Promise<void> {
  await prepare(path, { mode, fill: (prepared) => Deno.copyFile(source, prepared) });
}

async function prepare(
  path: string,
  { mode, fill }: { mode: number; fill: (prepared: string) => Promise<void> },
): Promise<void> {
  const prepared = preparedPath(path);
  try {
    // A name that somebody else put there may lead anywhere.
    await removeIfThere(prepared);
    await fill(prepared);
    await Deno.chmod(prepared, mode);
    await toDisk(prepared);
    await Deno.rename(prepared, path);
  } catch (error) {
    await removeIfThere(prepared);
    throw error;
  }
  await toDisk(dirname(path));
}

/** Removes a file, a link or an empty folder; nothing there is as good. */
export async function removeIfThere(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A file's text; undefined when there is no such file. */
export async function findText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function toDisk(path: string): Promise<void> {
  const file = await Deno.open(path);
  using _open = file;
  await file.sync();
}
