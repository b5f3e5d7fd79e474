import { CniError, ErrorCode, messageOf } from "../errors.ts";
import type { PluginIo } from "./plugin_io.ts";
import { quote } from "./quote.ts";
import type { Command } from "./verbs.ts";

/** What container ids and network names look like. @see SPEC.md#parameters */
export const IDENTIFIER = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/**
 * The value of a variable; empty when it is not set.
 *
 * @throws {CniError} code 4 when it is no text
 */
export function readEnv(io: PluginIo, name: string): string {
  try {
    return io.env(name) ?? "";
  } catch (cause) {
    throw new CniError(ErrorCode.InvalidEnvironment, `${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** @throws {CniError} code 4 */
export function checkContainerID(containerID: string): string {
  // 128: it becomes part of a file's name, which must not exceed 255 bytes.
  if (IDENTIFIER.test(containerID) && containerID.length <= 128) return containerID;
  throw new CniError(ErrorCode.InvalidEnvironment, `CNI_CONTAINERID=${quote(containerID)} is malformed`, {
    details: `it must match ${IDENTIFIER.source} and have at most 128 characters`,
  });
}

/** @throws {CniError} code 4 */
export function checkIfname(ifname: string): string {
  const bytes = new TextEncoder().encode(ifname).length;
  if (bytes >= 1 && bytes <= 15 && ifname !== "." && ifname !== ".." && !/[/:\s]/.test(ifname)) return ifname;
  throw new CniError(ErrorCode.InvalidEnvironment, `CNI_IFNAME=${quote(ifname)} is malformed`, {
    details: "it must have 1 to 15 bytes, without '/', ':' or white space",
  });
}

/**
 * CNI_NETNS for a verb. DEL is given no namespace (as if it were gone) where ADD would have refused it: in the plugin's
 * own, or below a path that no command can be given, there is nothing of ours.
 *
 * @throws {CniError} code 4 or 8
 */
export function checkNetns(io: PluginIo, command: Command): string {
  const netns = readEnv(io, "CNI_NETNS");
  const wrong = netns === "" ? undefined : wrongNetns(netns, io);
  if (wrong === undefined) return netns;
  if (command === "DEL") return "";
  throw wrong;
}

function wrongNetns(netns: string, io: PluginIo): CniError | undefined {
  if (!/^\/[^\s"'\\#]+$/.test(netns)) {
    return new CniError(ErrorCode.InvalidEnvironment, `CNI_NETNS=${quote(netns)} is malformed`, {
      details: "it must be an absolute path without white space, quotes, backslashes and '#'",
    });
  }
  const override = /^(1|true)$/i.test(readEnv(io, "CNI_NETNS_OVERRIDE"));
  if (readEnv(io, "CNI_NETNS_IS_OWN") !== "yes" || override) return undefined;
  return new CniError(ErrorCode.InvalidNetns, `CNI_NETNS=${quote(netns)} is the plugin's own network namespace`, {
    details: "interfaces would be made in the host itself; the container runtime gives the sandbox's namespace",
  });
}
