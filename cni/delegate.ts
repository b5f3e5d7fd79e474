import type { CniResult } from "../shared/cni/cni_result.ts";
import { CNI_VERSIONS, type CniVersion } from "../shared/cni/cni_version.ts";
import { parseResult } from "../shared/cni/parse_result.ts";
import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import { mayBeNetns } from "../shared/host/netns.ts";
import { CommandError, type Run } from "../shared/host/run.ts";
import type { Logger } from "../shared/log.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import { isDeeperThan, MAX_DEPTH } from "../shared/schema/json_depth.ts";
import * as z from "zod/mini";
import type { DelegateCall } from "./record.ts";
import { mayOutliveNamespace } from "./render_delegate.ts";

/** The sandbox that a delegate is called for, and how. */
export interface DelegateContext {
  readonly run: Run;
  readonly containerID: string;
  readonly netns: string;
  readonly args: string;
  /** Directories of CNI_PATH. */
  readonly path: readonly string[];
  readonly signal: AbortSignal;
}

/** The error document of a delegate. */
const DelegateError = z.object({
  code: z.number(),
  msg: z.string(),
  details: z.optional(z.string()),
});

type Plugin = DelegateCall["plugins"][number];

/**
 * Executes ADD of a delegate's plugins, each with the result of the one before.
 *
 * @returns what the last of them answered, as it stands and parsed
 * @throws {CniError} code 105 with the plugin's own code and message, or when it ends without a result
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#section-4-plugin-delegation
 */
export async function delegateAdd(
  call: DelegateCall,
  context: DelegateContext,
): Promise<{ document: Record<string, unknown>; result: CniResult }> {
  let document: Record<string, unknown> | undefined;
  let result: CniResult = {};
  for (const plugin of call.plugins) {
    const stdout = await executePlugin("ADD", { call, plugin, prevResult: document }, context);
    try {
      result = parseResult(JSON.parse(stdout), { subject: "result" });
      // Plugins that follow refuse a prevResult without a version.
      document = { cniVersion: plugin.conf["cniVersion"], ...JSON.parse(stdout) };
      if (isDeeperThan(document, MAX_DEPTH)) throw new TypeError(`a result of more than ${MAX_DEPTH} levels`);
    } catch (cause) {
      const printed = `it printed ${JSON.stringify(stdout.slice(0, 200))}`;
      const why = stdout.trim() === "" ? "it ended well, but without a result" : `${messageOf(cause)}; ${printed}`;
      throw failed("ADD", { call, plugin }, { why, cause });
    }
  }
  return { document: document ?? {}, result };
}

/**
 * Executes DEL of a delegate's plugins, the last first, with the configurations and the result of their ADD; one that
 * fails does not keep the others from it. A namespace that is gone they are not told of: plugins refuse a path that is
 * there and is none.
 *
 * @throws {AggregateError} of a {@linkcode CniError} code 105 with the plugin's own code and message for each
 */
export async function delegateDel(call: DelegateCall, context: DelegateContext & { log: Logger }): Promise<void> {
  const netns = mayBeNetns(context.netns) ? context.netns : "";
  const errors: unknown[] = [];
  for (const plugin of [...call.plugins].reverse()) {
    // The specification passes it to DEL since 0.4.0.
    const prevResult = isSince(plugin.conf, "0.4.0") ? call.result : undefined;
    try {
      if (netns === "" && isDispensable({ call, plugin }, context)) continue;
      await executePlugin("DEL", { call, plugin, prevResult }, { ...context, netns });
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, "");
}

/**
 * Whether DEL can do without a plugin that is not installed any more, its sandbox's namespace being gone: what it made
 * went with that, unless its configuration says otherwise. Otherwise the Pod could never be deleted.
 */
function isDispensable(
  { call, plugin: { type, conf } }: Execution,
  { path, log }: { path: readonly string[]; log: Logger },
): boolean {
  if (mayOutliveNamespace(conf) || locatePlugin(type, path) !== undefined) return false;
  log.warn(`${call.interface}: delegate ${type} is not in CNI_PATH; the namespace is gone, and with it what it made`, {
    path: path.join(":"),
  });
  return true;
}

/** One execution of one plugin. */
export interface Execution {
  readonly call: DelegateCall;
  readonly plugin: Plugin;
  readonly prevResult?: Record<string, unknown> | undefined;
}

/**
 * Executes one plugin.
 *
 * @returns what it printed
 * @throws {CniError} code 105 with the plugin's own code and message
 */
export async function executePlugin(
  command: "ADD" | "DEL" | "CHECK" | "GC",
  execution: Execution,
  context: DelegateContext,
): Promise<string> {
  const { call, plugin: { type, conf }, prevResult } = execution;
  const program = findPlugin({ interface: call.interface, type }, context.path);
  const env = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: context.containerID,
    CNI_NETNS: context.netns,
    CNI_IFNAME: call.interface,
    CNI_ARGS: [context.args, command === "GC" ? "" : call.args ?? ""].filter((args) => args !== "").join(";"),
    CNI_PATH: context.path.join(":"),
  };
  const stdin = JSON.stringify({ ...conf, ...(prevResult && { prevResult }) });
  try {
    return await context.run([program], { stdin, env, signal: context.signal });
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause;
    throw failed(command, execution, { why: reasonOf(cause), cause });
  }
}

/** What a delegate says of its failure: its error document, else whatever it printed. */
function reasonOf(error: CommandError): string {
  try {
    const { code, msg, details } = parse(DelegateError, JSON.parse(error.stdout), "error");
    return `code ${code}: ${msg}${details ? ` (${details})` : ""}`;
  } catch (_notADocument) {
    return error.message;
  }
}

function failed(command: string, { call, plugin }: Execution, reason: { why: string; cause: unknown }): CniError {
  const { master } = plugin.conf;
  // The reference plugins say "Link not found", and not which.
  const where = typeof master === "string" ? ` on ${master}` : "";
  return new CniError(
    ErrorCode.DelegateFailed,
    `${call.interface}: ${command} of delegate ${plugin.type}${where} failed: ${reason.why}`,
    { cause: reason.cause },
  );
}

/**
 * The executable of a delegate.
 *
 * @throws {CniError} code 105 when no directory of CNI_PATH has it
 */
export function findPlugin(call: { interface: string; type: string }, path: readonly string[]): string {
  const program = locatePlugin(call.type, path);
  if (program !== undefined) return program;
  throw new CniError(
    ErrorCode.DelegateFailed,
    `${call.interface}: no executable ${call.type} in CNI_PATH ${path.join(":")}`,
    { details: `install the CNI plugin ${call.type} on this node` },
  );
}

function locatePlugin(type: string, path: readonly string[]): string | undefined {
  return path.map((dir) => `${dir}/${type}`).find((program) => {
    try {
      return Deno.statSync(program).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
      throw error;
    }
  });
}

/** Whether a configuration is of a version that has what came with the given one. */
export function isSince(conf: Readonly<Record<string, unknown>>, since: CniVersion): boolean {
  const version = CNI_VERSIONS.find((known) => known === conf["cniVersion"]);
  return version !== undefined && CNI_VERSIONS.indexOf(version) >= CNI_VERSIONS.indexOf(since);
}
