import { messageOf } from "../errors.ts";
import { KubeconfigError, type TokenSource } from "./kube_target.ts";

/** Tokens are replaced long before they expire (the kubelet's at 80 % of their life), so a minute is soon enough. */
const REREAD_MS = 60_000;

/**
 * A token that is kept in a file and rotated there by somebody else: read again after a minute, and when the API server
 * has refused the one we know.
 *
 * @param from `what` names the configuration for messages, `hint` says how such a file comes to be
 * @returns a source that throws {@linkcode KubeconfigError} when the file cannot be read or is empty
 */
export function tokenFromFile(
  { file, what, hint }: { readonly file: string; readonly what: string; readonly hint: string },
): TokenSource {
  let known: { readonly token: string; readonly readAtMs: number } | undefined;
  return async (rejected?: string): Promise<string> => {
    if (known && rejected === undefined && performance.now() - known.readAtMs < REREAD_MS) return known.token;
    const token = (await readToken(file, what)).trim();
    if (token === "") throw new KubeconfigError(`${what}: token file ${file} is empty; ${hint}`, { file });
    known = { token, readAtMs: performance.now() };
    return token;
  };
}

async function readToken(file: string, what: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new KubeconfigError(`${what}: token file ${file} cannot be read: ${messageOf(cause)}`, { file, cause });
  }
}
