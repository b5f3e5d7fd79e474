import { messageOf } from "../shared/errors.ts";
import { CommandError, type Run } from "../shared/host/run.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import * as z from "zod/mini";
import type { HostPaths } from "./host_paths.ts";

/** The error document of a plugin. */
const PluginError = z.object({ msg: z.string() });

/** Starting a plugin on a busy node takes its time. */
const STATUS_MS = 20_000;

/**
 * Asks the plugin that was installed whether it could attach Pods, as a runtime does.
 *
 * @param request the document for its stdin
 * @param deps.commandPath folders in which the host's commands are, as this process sees them
 * @throws {Error} with what the plugin says that is missing
 */
export async function askPluginStatus(
  request: string,
  { run, paths: { pluginDir }, commandPath, signal }: {
    run: Run;
    paths: HostPaths;
    commandPath: string;
    signal: AbortSignal;
  },
): Promise<void> {
  try {
    // The launcher is a script for sh. Deno lets nobody write what he may run, and we write the launcher.
    await run(["/bin/sh", `${pluginDir}/danm`], {
      stdin: request,
      env: { CNI_COMMAND: "STATUS", CNI_PATH: pluginDir, PATH: commandPath },
      signal: AbortSignal.any([signal, AbortSignal.timeout(STATUS_MS)]),
    });
  } catch (cause) {
    const why = cause instanceof CommandError ? reasonOf(cause) : messageOf(cause);
    throw new Error(`the plugin could not attach Pods: ${why}`, { cause });
  }
}

function reasonOf(error: CommandError): string {
  try {
    return parse(PluginError, JSON.parse(error.stdout), "answer").msg;
  } catch (_notADocument) {
    return error.message;
  }
}
