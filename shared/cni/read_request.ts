import { CniError, ErrorCode } from "../errors.ts";
import { checkContainerID, checkIfname, checkNetns, IDENTIFIER, readEnv } from "./check_environment.ts";
import type { CniResult } from "./cni_result.ts";
import { CNI_VERSIONS, type CniVersion, parseCniVersion } from "./cni_version.ts";
import type { PluginIo } from "./plugin_io.ts";
import { quote } from "./quote.ts";
import { decodeConf, readStdinText } from "./read_conf.ts";
import { parseValidAttachments } from "./valid_attachments.ts";
import type { Command, GcRequest, HostRequest, VerbRequest } from "./verbs.ts";

/** What a command needs before its verb is called. */
export interface CommandNeeds {
  /** Variables beside CNI_COMMAND. */
  readonly env: readonly string[];
  /** No version of CNI before this one has the command. */
  readonly since?: CniVersion;
}

/**
 * What every command has: the environment is complete, and the configuration one that the command may be called with.
 *
 * @param options.onVersion is told the configuration's version as soon as that is known, for errors to answer in it
 * @throws {CniError} codes 1, 4, 5, 6, 7
 */
export function readHostRequest(
  io: PluginIo,
  options: { command: Command; needs: CommandNeeds; onVersion: (version: CniVersion) => void },
): HostRequest {
  const { command, needs: { env, since }, onVersion } = options;
  const missing = env.filter((name) => readEnv(io, name) === "");
  if (missing.length > 0) {
    throw new CniError(ErrorCode.InvalidEnvironment, `CNI_COMMAND=${command} needs ${missing.join(", ")}`);
  }
  const conf = decodeConf(readStdinText(io));
  const cniVersion = parseCniVersion(conf["cniVersion"]);
  onVersion(cniVersion);
  if (since && CNI_VERSIONS.indexOf(cniVersion) < CNI_VERSIONS.indexOf(since)) {
    throw new CniError(ErrorCode.IncompatibleVersion, `${command} needs cniVersion ${since}, not ${cniVersion}`);
  }
  const path = readEnv(io, "CNI_PATH").split(":").filter((dir) => dir !== "");
  return { cniVersion, networkName: checkNetworkName(conf["name"]), path, conf };
}

/**
 * What ADD, DEL and CHECK have beside it.
 *
 * @throws {CniError} codes 4, 6, 8
 */
export async function readVerbRequest(
  host: HostRequest,
  { io, command }: { io: PluginIo; command: "ADD" | "DEL" | "CHECK" },
): Promise<VerbRequest> {
  const request = {
    ...host,
    containerID: checkContainerID(readEnv(io, "CNI_CONTAINERID")),
    netns: checkNetns(io, command),
    ifname: checkIfname(readEnv(io, "CNI_IFNAME")),
    args: readEnv(io, "CNI_ARGS"),
  };
  const prevResult = command === "DEL" ? undefined : await findPrevResult(host.conf);
  return { ...request, ...(prevResult && { prevResult }) };
}

/**
 * What GC has beside it.
 *
 * @throws {CniError} code 7
 */
export function readGcRequest(host: HostRequest): GcRequest {
  return { ...host, validAttachments: parseValidAttachments(host.conf) };
}

/** Most calls have none, so what reads one is loaded when it is needed. */
async function findPrevResult(conf: HostRequest["conf"]): Promise<CniResult | undefined> {
  const prevResult = conf["prevResult"];
  if (prevResult === undefined || prevResult === null) return undefined;
  const { parseResult } = await import("./parse_result.ts");
  return parseResult(prevResult, { subject: "configuration", path: "prevResult" });
}

function checkNetworkName(name: unknown): string {
  if (typeof name === "string" && IDENTIFIER.test(name)) return name;
  throw new CniError(ErrorCode.InvalidConfig, `configuration: name ${quote(name)} is missing or malformed`, {
    details: `it must match ${IDENTIFIER.source}`,
  });
}
