import { CniError, ErrorCode } from "../errors.ts";
import { readEnv } from "./check_environment.ts";
import { type CniResult, renderResult } from "./cni_result.ts";
import { CNI_VERSIONS, type CniVersion } from "./cni_version.ts";
import type { PluginIo } from "./plugin_io.ts";
import { quote } from "./quote.ts";
import { decodeConf, readStdinText } from "./read_conf.ts";
import { type CommandNeeds, readGcRequest, readHostRequest, readVerbRequest } from "./read_request.ts";
import { renderError, renderWithoutSwallowedWords } from "./render_error.ts";
import type { Command, HostRequest, Verbs } from "./verbs.ts";

export type { PluginIo } from "./plugin_io.ts";
export type { Attachment, Command, GcRequest, HostRequest, VerbRequest, Verbs } from "./verbs.ts";

/** A plugin: which commands it has, and how to get at its verbs. */
export interface Plugin<C extends Command> {
  /** In the order in which errors list them; VERSION is answered for every plugin. */
  readonly commands: readonly C[];
  /** Brings the verbs in only when one is called, so that VERSION and bad calls cost nothing else. */
  load(): Promise<Pick<Required<Verbs>, Lowercase<C>>>;
}

/** A call that is ready to be made. */
type Call = (verbs: Required<Verbs>) => Promise<CniResult | void>;

interface CommandRule extends CommandNeeds {
  prepare(host: HostRequest, io: PluginIo): Call | Promise<Call>;
}

const SANDBOX_ENV = ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"];

/** What each command needs and does. @see SPEC.md#section-2-execution-protocol */
const RULES: Readonly<Record<Command, CommandRule>> = {
  ADD: {
    env: SANDBOX_ENV,
    prepare: async (host, io) => {
      const request = await readVerbRequest(host, { io, command: "ADD" });
      return (verbs) => verbs.add(request);
    },
  },
  DEL: {
    env: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
    prepare: async (host, io) => {
      const request = await readVerbRequest(host, { io, command: "DEL" });
      return (verbs) => verbs.del(request);
    },
  },
  CHECK: {
    env: SANDBOX_ENV,
    since: "0.4.0",
    prepare: async (host, io) => {
      const request = await readVerbRequest(host, { io, command: "CHECK" });
      return (verbs) => verbs.check(request);
    },
  },
  GC: {
    env: ["CNI_PATH"],
    since: "1.1.0",
    prepare: (host) => {
      const request = readGcRequest(host);
      return (verbs) => verbs.gc(request);
    },
  },
  STATUS: { env: [], since: "1.1.0", prepare: (host) => (verbs) => verbs.status(host) },
};

/**
 * Runs one CNI command: checks the environment, decodes stdin, calls the verb and writes the one document that the
 * specification asks for: for ADD, VERSION and errors, otherwise nothing.
 *
 * @returns the exit code of the process
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#section-2-execution-protocol
 */
export async function runPlugin<const C extends Command>(io: PluginIo, plugin: Plugin<C>): Promise<number> {
  let cniVersion: CniVersion = "1.1.0";
  let command = "";
  const write = (document: object): void => io.writeStdout(`${JSON.stringify(document)}\n`);
  let answer: object | undefined;
  try {
    command = readEnv(io, "CNI_COMMAND");
    answer = command === "VERSION"
      ? answerVersion(io)
      : await execute(plugin, { io, command, onVersion: (version) => cniVersion = version });
  } catch (error) {
    const document = renderError(error, cniVersion);
    write(command === "DEL" ? renderWithoutSwallowedWords(document) : document);
    return 1;
  }
  if (answer) write(answer);
  return 0;
}

interface Execution {
  readonly io: PluginIo;
  readonly command: string;
  onVersion(version: CniVersion): void;
}

/** @returns the document of ADD; nothing for the other commands */
async function execute<C extends Command>(plugin: Plugin<C>, execution: Execution): Promise<object | undefined> {
  const { io, onVersion } = execution;
  const command = plugin.commands.find((known) => known === execution.command);
  if (command === undefined) throw unknownCommand(execution.command, plugin.commands);
  const needs = RULES[command];
  const host = readHostRequest(io, { command, needs, onVersion });
  const call = await needs.prepare(host, io);
  // Only what `commands` has is called, and `load` is bound by its type to bring all of that.
  const result = await call(await plugin.load() as Required<Verbs>);
  return command === "ADD" && result ? renderResult(result, host.cniVersion) : undefined;
}

function unknownCommand(command: string, commands: readonly Command[]): CniError {
  return new CniError(ErrorCode.InvalidEnvironment, `CNI_COMMAND=${quote(command)} is not supported`, {
    details: `supported commands: ${[...commands, "VERSION"].join(", ")}`,
  });
}

/** VERSION answers in the version of its stdin where that has one we know; stdin may be empty. */
function answerVersion(io: PluginIo): object {
  const text = readStdinText(io).trim();
  const asked = text === "" ? undefined : decodeConf(text)["cniVersion"];
  return { cniVersion: CNI_VERSIONS.find((known) => known === asked) ?? "1.1.0", supportedVersions: CNI_VERSIONS };
}
