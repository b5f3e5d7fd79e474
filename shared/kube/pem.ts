import { messageOf } from "../errors.ts";
import { KubeconfigError } from "./kube_target.ts";

/** Where a PEM document comes from, and what it must hold. */
export interface PemSource {
  /** Words for messages: which kubeconfig and context. */
  readonly what: string;
  readonly field: string;
  readonly label: "CERTIFICATE" | "PRIVATE KEY";
}

/**
 * Reads a PEM file.
 *
 * @throws {KubeconfigError} when it cannot be read or holds nothing of that label
 */
export async function readPem(source: PemSource & { readonly file: string }): Promise<string> {
  const { file, what, field } = source;
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (cause) {
    throw new KubeconfigError(`${what}: ${field} names ${file}, which cannot be read: ${messageOf(cause)}`, {
      file,
      field,
      cause,
    });
  }
  return checkPem(text, source);
}

/**
 * Decodes a `…-data` field.
 *
 * @throws {KubeconfigError} when it is not base64 or holds nothing of that label
 */
export function decodePem(data: string, source: PemSource & { readonly file: string }): string {
  const { file, what, field } = source;
  let text: string;
  try {
    text = atob(data);
  } catch {
    // The decoder's own message adds nothing, and the field may be a key.
    throw new KubeconfigError(`${what}: ${field} is not base64; write \`base64 -w0\` of the PEM file`, { file, field });
  }
  return checkPem(text, source);
}

/** Deno takes a text without any certificate for an empty list of authorities and then fails at the handshake. */
function checkPem(text: string, { file, what, field, label }: PemSource & { readonly file: string }): string {
  if (new RegExp(`-----BEGIN [A-Z ]*${label}-----`).test(text)) return text;
  throw new KubeconfigError(`${what}: ${field} holds no PEM block "${label}" (${file})`, { file, field });
}
