import { CniError, ErrorCode, messageOf } from "../../shared/errors.ts";

/** Reads what a host's kernel tells of its devices. Paths are relative to /sys. */
export interface Sysfs {
  /** Text of a file without the newline at its end; undefined when the file is not there. */
  findText(path: string): string | undefined;
  /** The last part of what a symbolic link points to; undefined when the link is not there. */
  findLinkName(path: string): string | undefined;
  /** Names in a directory, in ascending order; undefined when the directory is not there. */
  findNames(path: string): string[] | undefined;
}

/**
 * The sysfs that is mounted there. Of network devices it shows those in the network namespace that it was mounted from.
 *
 * @param root `/sys`, or a tree of a test's own
 */
export function createSysfs(root: string): Sysfs {
  return {
    findText: (path) => find(`${root}/${path}`, (absolute) => Deno.readTextFileSync(absolute).trimEnd()),
    findLinkName: (path) =>
      find(`${root}/${path}`, (absolute) => Deno.readLinkSync(absolute).replace(/\/+$/, "").split("/").at(-1)),
    findNames: (path) =>
      find(`${root}/${path}`, (absolute) => [...Deno.readDirSync(absolute)].map(({ name }) => name).sort()),
  };
}

/** @throws {CniError} code 5 when it is there and cannot be read */
function find<T>(path: string, read: (path: string) => T): T | undefined {
  try {
    return read(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new CniError(ErrorCode.IoFailure, `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
