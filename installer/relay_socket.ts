import { basename, dirname } from "node:path";
import { removeIfThere } from "./atomic_file.ts";

/**
 * Listens at a path in place of whatever is there; only its owner may connect. Deno removes the path that a listener was
 * bound to when that is closed, or some time later: only a name of its own cannot be somebody else's by then.
 *
 * @throws {Deno.errors} of the file system or of the network; nothing is left then
 */
export async function listenAt(socket: string): Promise<Deno.Listener> {
  await Deno.mkdir(dirname(socket), { recursive: true, mode: 0o755 });
  await removePrepared(socket);
  const bound = `${preparedPrefix(socket)}${crypto.randomUUID()}`;
  const listener = Deno.listen({ transport: "unix", path: bound });
  try {
    await Deno.chmod(bound, 0o600);
    await Deno.rename(bound, socket);
    return listener;
  } catch (error) {
    listener.close();
    throw error;
  }
}

/** Removes a socket, whoever listens there, and what is left of others. */
export async function removeSocket(socket: string): Promise<void> {
  await removeIfThere(socket);
  await removePrepared(socket);
}

/** Removes what relays left that were killed before they had renamed their own. */
async function removePrepared(socket: string): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(dirname(socket))) {
      const path = `${dirname(socket)}/${name}`;
      if (path.startsWith(preparedPrefix(socket))) await removeIfThere(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function preparedPrefix(socket: string): string {
  return `${dirname(socket)}/.${basename(socket)}.`;
}

/** The inode of a path; null when there is nothing. */
export async function inodeOf(path: string): Promise<number | null> {
  try {
    return (await Deno.lstat(path)).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
