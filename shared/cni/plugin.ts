import { CniError, ErrorCode, messageOf } from "../errors.ts";
import { CNI_VERSIONS, type CniVersion, parseCniVersion } from "./cni_version.ts";
import { type CniResult, renderResult } from "./cni_result.ts";

/** What a plugin's process is connected to; `main.ts` passes the real ones. */
export interface PluginIo {
  env(name: string): string | undefined;
  /** The whole of stdin, as bytes; of one longer than `maxBytes`, no more than tells so. */
  readStdin(maxBytes: number): Uint8Array;
  writeStdout(text: string): void;
}

/** What every verb is given: the environment, checked, and the configuration, decoded. */
export interface VerbRequest {
  readonly cniVersion: CniVersion;
  /** The configuration's `name`. */
  readonly networkName: string;
  readonly containerID: string;
  /** Path of the network namespace; empty where the runtime has none (DEL after a reboot). */
  readonly netns: string;
  readonly ifname: string;
  readonly args: string;
  /** Directories of CNI_PATH. */
  readonly path: readonly string[];
  readonly conf: Readonly<Record<string, unknown>>;
}

/** The verbs of a plugin. Absent = the command is unknown to it. VERSION is answered without the plugin's help. */
export interface Verbs {
  add(request: VerbRequest): Promise<CniResult>;
  del(request: VerbRequest): Promise<void>;
  check?(request: VerbRequest): Promise<void>;
}

type VerbName = keyof Verbs;

/** The environment that each verb needs. @see SPEC.md#section-2-execution-protocol */
const REQUIRED: Readonly<Record<VerbName, readonly string[]>> = {
  add: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  del: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
  check: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
};

/** No version before this one has the verb. */
const SINCE: Partial<Record<VerbName, CniVersion>> = { check: "0.4.0" };

const COMMANDS: ReadonlyMap<string, VerbName> = new Map([["ADD", "add"], ["DEL", "del"], ["CHECK", "check"]]);

/** A configuration is a few kilobytes; more than this is no configuration. */
const MAX_STDIN_BYTES = 4 * 1024 * 1024;

/**
 * Runs one CNI command: checks the environment, decodes stdin, calls the verb and writes the one document that the
 * specification asks for. `load` brings the verbs in only when one is called, so that VERSION costs nothing else.
 *
 * @returns the exit code of the process
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#section-2-execution-protocol
 */
export async function runPlugin(io: PluginIo, load: () => Promise<Verbs>): Promise<number> {
  let answerVersion: CniVersion = "1.1.0";
  try {
    const command = io.env("CNI_COMMAND") ?? "";
    if (command === "VERSION") {
      answerVersion = versionOf(io);
      io.writeStdout(`${JSON.stringify({ cniVersion: answerVersion, supportedVersions: CNI_VERSIONS })}\n`);
      return 0;
    }
    const verb = COMMANDS.get(command);
    if (!verb) throw unknownCommand(command);
    const request = readRequest(io, verb, (version) => answerVersion = version);
    const call = (await load())[verb];
    if (!call) throw unknownCommand(command);
    const result = await call(request);
    if (result) io.writeStdout(`${JSON.stringify(renderResult(result, request.cniVersion))}\n`);
    return 0;
  } catch (error) {
    const document = renderError(error, answerVersion);
    io.writeStdout(`${JSON.stringify(io.env("CNI_COMMAND") === "DEL" ? withoutSwallowedWords(document) : document)}\n`);
    return 1;
  }
}

/** The error document of the specification; anything that is not a {@linkcode CniError} has code 999. */
export function renderError(error: unknown, cniVersion: string): Record<string, unknown> {
  const known = error instanceof CniError ? error : undefined;
  return {
    cniVersion,
    code: known?.code ?? ErrorCode.Unexpected,
    msg: messageOf(error),
    ...(known?.details !== undefined && { details: known.details }),
  };
}

/**
 * An error in words that containerd does not take for success: it passes over errors of DEL that contain "not found" or
 * "no such file or directory", and does not come back.
 *
 * @see containerd, internal/cri/server: teardownPodNetwork
 */
function withoutSwallowedWords(document: Record<string, unknown>): Record<string, unknown> {
  const reword = (text: string): string =>
    text.replace(/not found/gi, "missing").replace(/no such file or directory/gi, "missing (ENOENT)");
  const reworded = Object.entries(document).map((
    [key, value],
  ) => [key, typeof value === "string" ? reword(value) : value]);
  return Object.fromEntries(reworded);
}

function unknownCommand(command: string): CniError {
  return new CniError(ErrorCode.InvalidEnvironment, `CNI_COMMAND=${JSON.stringify(command)} is not supported`, {
    details: "supported commands: ADD, DEL, VERSION",
  });
}

/** VERSION answers in the version of its stdin where that has one we know; stdin may be empty. */
function versionOf(io: PluginIo): CniVersion {
  const text = readStdin(io).trim();
  if (text === "") return "1.1.0";
  const { cniVersion } = decodeConf(text);
  return CNI_VERSIONS.find((known) => known === cniVersion) ?? "1.1.0";
}

function readRequest(
  io: PluginIo,
  verb: VerbName,
  onVersion: (version: CniVersion) => void,
): VerbRequest {
  const missing = REQUIRED[verb].filter((name) => !io.env(name));
  if (missing.length > 0) {
    throw new CniError(ErrorCode.InvalidEnvironment, `CNI_COMMAND=${verb.toUpperCase()} needs ${missing.join(", ")}`);
  }
  const env = (name: string): string => io.env(name) ?? "";
  const conf = decodeConf(readStdin(io));
  const cniVersion = parseCniVersion(conf["cniVersion"]);
  onVersion(cniVersion);
  const since = SINCE[verb];
  if (since && CNI_VERSIONS.indexOf(cniVersion) < CNI_VERSIONS.indexOf(since)) {
    throw new CniError(
      ErrorCode.IncompatibleVersion,
      `${verb.toUpperCase()} needs cniVersion ${since}, not ${cniVersion}`,
    );
  }
  return {
    cniVersion,
    networkName: checkNetworkName(conf["name"]),
    containerID: checkContainerID(env("CNI_CONTAINERID")),
    netns: checkNetns(verb, io),
    ifname: checkIfname(env("CNI_IFNAME")),
    args: env("CNI_ARGS"),
    path: env("CNI_PATH").split(":").filter((dir) => dir !== ""),
    conf,
  };
}

function readStdin(io: PluginIo): string {
  try {
    const bytes = io.readStdin(MAX_STDIN_BYTES);
    if (bytes.length > MAX_STDIN_BYTES) throw new RangeError(`more than ${MAX_STDIN_BYTES} bytes`);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const code = cause instanceof TypeError ? ErrorCode.DecodingFailure : ErrorCode.IoFailure;
    throw new CniError(code, `the configuration on stdin cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function decodeConf(text: string): Record<string, unknown> {
  let conf: unknown;
  try {
    conf = JSON.parse(text);
  } catch (cause) {
    throw new CniError(ErrorCode.DecodingFailure, `the configuration on stdin is not JSON: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (typeof conf === "object" && conf !== null && !Array.isArray(conf)) return conf as Record<string, unknown>;
  throw new CniError(ErrorCode.DecodingFailure, "the configuration on stdin is not a JSON object");
}

const IDENTIFIER = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

function checkNetworkName(name: unknown): string {
  if (typeof name === "string" && IDENTIFIER.test(name)) return name;
  throw new CniError(ErrorCode.InvalidConfig, `configuration: name ${JSON.stringify(name)} is missing or malformed`, {
    details: `it must match ${IDENTIFIER.source}`,
  });
}

function checkContainerID(containerID: string): string {
  // 128: it becomes part of a file's name, which must not exceed 255 bytes.
  if (IDENTIFIER.test(containerID) && containerID.length <= 128) return containerID;
  throw new CniError(ErrorCode.InvalidEnvironment, `CNI_CONTAINERID=${JSON.stringify(containerID)} is malformed`, {
    details: `it must match ${IDENTIFIER.source} and have at most 128 characters`,
  });
}

function checkIfname(ifname: string): string {
  const bytes = new TextEncoder().encode(ifname).length;
  if (bytes >= 1 && bytes <= 15 && ifname !== "." && ifname !== ".." && !/[/:\s]/.test(ifname)) return ifname;
  throw new CniError(ErrorCode.InvalidEnvironment, `CNI_IFNAME=${JSON.stringify(ifname)} is malformed`, {
    details: "it must have 1 to 15 bytes, without '/', ':' or white space",
  });
}

/**
 * DEL is given no namespace (as if it were gone) where ADD would have refused it: in the plugin's own, or below a path
 * that no command can be given, there is nothing of ours.
 */
function checkNetns(verb: VerbName, io: PluginIo): string {
  const netns = io.env("CNI_NETNS") ?? "";
  const wrong = wrongNetns(netns, io);
  if (wrong === undefined || netns === "") return netns;
  if (verb === "del") return "";
  throw wrong;
}

function wrongNetns(netns: string, io: PluginIo): CniError | undefined {
  if (!/^\/[^\s"'\\#]+$/.test(netns)) {
    return new CniError(ErrorCode.InvalidEnvironment, `CNI_NETNS=${JSON.stringify(netns)} is malformed`, {
      details: "it must be an absolute path without white space, quotes, backslashes and '#'",
    });
  }
  if (io.env("CNI_NETNS_IS_OWN") !== "yes" || io.env("CNI_NETNS_OVERRIDE")) return undefined;
  return new CniError(
    ErrorCode.InvalidNetns,
    `CNI_NETNS=${JSON.stringify(netns)} is the plugin's own network namespace`,
    {
      details: "interfaces would be made in the host itself; the container runtime gives the sandbox's namespace",
    },
  );
}
