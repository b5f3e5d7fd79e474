import { CniError, ErrorCode } from "../errors.ts";

/**
 * For STATUS: a disk that does not take records is no failure of it, it is its answer.
 *
 * @throws {CniError} code 50 in place of 5; whatever else it was given as it is
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#status-check-plugin-status
 */
export function asUnavailable(error: unknown): never {
  if (!(error instanceof CniError) || error.code !== ErrorCode.IoFailure) throw error;
  throw new CniError(ErrorCode.Unavailable, error.message, { cause: error });
}
