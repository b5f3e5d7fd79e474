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
