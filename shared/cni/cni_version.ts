import { CniError, ErrorCode } from "../errors.ts";
import { quote } from "./quote.ts";

/** The versions of the CNI specification that our plugins speak, oldest first. */
export const CNI_VERSIONS = ["0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;

/** One of {@linkcode CNI_VERSIONS}. */
export type CniVersion = typeof CNI_VERSIONS[number];

/**
 * The version that a configuration asks for; an empty one means 0.1.0, which we do not speak.
 *
 * @throws {CniError} code 1
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#version-considerations
 */
export function parseCniVersion(cniVersion: unknown): CniVersion {
  const version = CNI_VERSIONS.find((known) => known === cniVersion);
  if (version) return version;
  const asked = cniVersion === undefined || cniVersion === "" ? "0.1.0 (cniVersion is not set)" : quote(cniVersion);
  throw new CniError(ErrorCode.IncompatibleVersion, `cniVersion ${asked} is not supported`, {
    details: `supported versions: ${CNI_VERSIONS.join(", ")}`,
  });
}
