import { CniError, ErrorCode, flattenErrors, messageOf } from "../errors.ts";

/**
 * The error document of the specification. What is not a {@linkcode CniError} has code 999. Several errors become one
 * document that names them all, with the code of the first.
 *
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#error
 */
export function renderError(error: unknown, cniVersion: string): Record<string, unknown> {
  const known = flattenErrors(error).map((one) => one instanceof CniError ? one : undefined);
  const details = [...new Set(known.flatMap((one) => one?.details ?? []))].join("; ");
  return {
    cniVersion,
    code: known[0]?.code ?? ErrorCode.Unexpected,
    msg: messageOf(error) || String(error),
    ...(details !== "" && { details }),
  };
}

/**
 * An error document in words that containerd does not take for success: it passes over errors of DEL that contain "not
 * found" or "no such file or directory", and does not come back.
 *
 * @see containerd, internal/cri/server: teardownPodNetwork
 */
export function renderWithoutSwallowedWords(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const reword = (text: string): string =>
    text.replace(/not found/gi, "missing").replace(/no such file or directory/gi, "missing (ENOENT)");
  return Object.fromEntries(
    Object.entries(document).map(([key, value]) => [key, typeof value === "string" ? reword(value) : value]),
  );
}
