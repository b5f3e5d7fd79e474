import type { CniResult } from "../shared/cni/cni_result.ts";
import { parseResult } from "../shared/cni/parse_result.ts";
import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import { mayBeNetns } from "../shared/host/netns.ts";
import { CommandError, type Run } from "../shared/host/run.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import * as z from "zod/mini";
import type { DelegateCall } from "./record.ts";

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
      document = JSON.parse(stdout) as Record<string, unknown>;
      result = parseResult(document, { subject: "result" });
    } catch (cause) {
      const why = `${messageOf(cause)}; it printed ${JSON.stringify(stdout.slice(0, 200))}`;
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
export async function delegateDel(call: DelegateCall, context: DelegateContext): Promise<void> {
  const netns = mayBeNetns(context.netns) ? context.netns : "";
  const errors: unknown[] = [];
  for (const plugin of [...call.plugins].reverse()) {
    try {
      await executePlugin("DEL", { call, plugin, prevResult: call.result }, { ...context, netns });
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, "");
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
    CNI_ARGS: context.args,
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
  for (const dir of path) {
    const program = `${dir}/${call.type}`;
    try {
      if (Deno.statSync(program).isFile) return program;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
    }
  }
  throw new CniError(
    ErrorCode.DelegateFailed,
    `${call.interface}: no executable ${call.type} in CNI_PATH ${path.join(":")}`,
    {
      details: "install the reference CNI plugins on this node",
    },
  );
}
