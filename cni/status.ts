import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import { loadKubeconfig } from "../shared/kube/kubeconfig.ts";
import type { Logger } from "../shared/log.ts";
import { findPlugin } from "./delegate.ts";
import { readNodeReport } from "./node_report.ts";

/** What an ADD could not do without. */
export interface StatusRequest {
  /** Directories of CNI_PATH; empty where the caller did not say. */
  readonly path: readonly string[];
  readonly kubeconfig: string;
  /** Directories in which commands are looked for. */
  readonly searchPath: readonly string[];
  /** Path of what the node agent last saw. */
  readonly nodeReport: string;
  readonly log: Logger;
}

/** What every ADD runs. */
const COMMANDS = ["ip", "nsenter", "sysctl"];

/**
 * Tells whether an ADD could work now, by what this node knows: the kubelet asks every few seconds and waits for the
 * answer, so nobody else is asked.
 *
 * @throws {CniError} code 50 naming everything that is missing; 51 when the node agent cannot reach the API server
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#status-check-plugin-status
 */
export async function status(request: StatusRequest): Promise<void> {
  const missing = COMMANDS.filter((command) => !isAnywhere(command, request.searchPath))
    .map((command) => `command ${command} is in none of ${request.searchPath.join(":")}`);
  try {
    await loadKubeconfig(request.kubeconfig);
  } catch (error) {
    missing.push(messageOf(error));
  }
  if (request.path.length > 0) {
    try {
      findPlugin({ interface: "STATUS", type: "fakeipam" }, request.path);
    } catch (error) {
      missing.push(messageOf(error));
    }
  }
  if (missing.length > 0) {
    throw new CniError(ErrorCode.Unavailable, missing.join("; "), {
      details: "Pods cannot be attached on this node before that is in order",
    });
  }
  const report = await readNodeReport(request.nodeReport, request.log);
  if (report === undefined || report.apiServerReachable) return;
  throw new CniError(
    ErrorCode.LimitedConnectivity,
    `the node agent has not reached the API server since ${report.since}`,
    { details: "addresses cannot be taken meanwhile; Pods that are attached keep theirs" },
  );
}

function isAnywhere(command: string, dirs: readonly string[]): boolean {
  return dirs.some((dir) => {
    try {
      return Deno.statSync(`${dir}/${command}`).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
      throw error;
    }
  });
}
