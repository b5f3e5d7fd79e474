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

/** A result, as far as it tells that there is one. */
const DelegateResult = z.object({ cniVersion: z.optional(z.string()) });

/** The error document of a delegate. */
const DelegateError = z.object({
  code: z.number(),
  msg: z.string(),
  details: z.optional(z.string()),
});

/**
 * Executes a delegate's ADD.
 *
 * @throws {CniError} code 105 with the delegate's own code and message, or when it ends without a result
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#section-4-plugin-delegation
 */
export async function delegateAdd(call: DelegateCall, context: DelegateContext): Promise<void> {
  const stdout = await execute("ADD", call, context);
  try {
    parse(DelegateResult, JSON.parse(stdout), "result");
  } catch (cause) {
    throw failed("ADD", call, `${messageOf(cause)}; it printed ${JSON.stringify(stdout.slice(0, 200))}`, cause);
  }
}

/**
 * Executes a delegate's DEL with the configuration of its ADD. A namespace that is gone it is not told of: plugins
 * refuse a path that is there and is none.
 *
 * @throws {CniError} code 105 with the delegate's own code and message
 */
export async function delegateDel(call: DelegateCall, context: DelegateContext): Promise<void> {
  const netns = mayBeNetns(context.netns) ? context.netns : "";
  await execute("DEL", call, { ...context, netns });
}

async function execute(command: "ADD" | "DEL", call: DelegateCall, context: DelegateContext): Promise<string> {
  const program = findPlugin(call, context.path);
  const env = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: context.containerID,
    CNI_NETNS: context.netns,
    CNI_IFNAME: call.interface,
    CNI_ARGS: context.args,
    CNI_PATH: context.path.join(":"),
  };
  try {
    return await context.run([program], { stdin: JSON.stringify(call.conf), env, signal: context.signal });
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause;
    throw failed(command, call, reasonOf(cause), cause);
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

function failed(command: string, call: DelegateCall, reason: string, cause: unknown): CniError {
  const { master } = call.conf;
  // The reference plugins say "Link not found", and not which.
  const where = typeof master === "string" ? ` on ${master}` : "";
  return new CniError(
    ErrorCode.DelegateFailed,
    `${call.interface}: ${command} of delegate ${call.type}${where} failed: ${reason}`,
    {
      cause,
    },
  );
}

/**
 * The executable of a delegate.
 *
 * @throws {CniError} code 105 when no directory of CNI_PATH has it
 */
export function findPlugin(call: Pick<DelegateCall, "interface" | "type">, path: readonly string[]): string {
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
