import { CommandError } from "./run.ts";

/**
 * Tells whether a command failed because the network namespace it was to enter is no more: its path does not exist,
 * or is a plain file that the namespace was once mounted on (after a reboot).
 *
 * @see nsenter(1), setns(2) EINVAL
 */
export function isNetnsGone(error: unknown): boolean {
  return error instanceof CommandError && error.argv[0] === "nsenter" &&
    /^nsenter: (cannot open .*: No such file or directory|reassociate to namespaces? .*failed: Invalid argument)/m
      .test(error.stderr);
}

/**
 * Tells without a command whether a path may be a network namespace: not when nothing is there, nor when it is on the
 * same file system as its directory, thus a plain file that a namespace was once mounted on.
 */
export function mayBeNetns(path: string): boolean {
  try {
    const directory = path.slice(0, path.lastIndexOf("/")) || "/";
    return Deno.statSync(path).dev !== Deno.statSync(directory).dev;
  } catch (error) {
    // Where we may not look (Deno keeps programs out of /proc) who enters it will see.
    return !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory);
  }
}
