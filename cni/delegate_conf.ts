import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import { describeNetwork } from "../shared/schema/describe_network.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import type { Network } from "../shared/schema/network.ts";
import { isPathComponent } from "../shared/schema/path_component.ts";
import type { DelegateConf } from "./plan_delegate.ts";

/** Forms of a static delegate's file, the first that is there counts. */
const SUFFIXES = ["conf", "conflist"] as const;

/**
 * Reads the CNI configuration of a network's static delegate: `<cniDir>/<NetworkID>.conf`, or else `.conflist`.
 *
 * @throws {CniError} code 7 when there is none, or it is not a JSON object; code 5 when it cannot be read
 * @throws {SchemaError} when the network has no NetworkID that can be the name of a file
 */
export async function readDelegateConf(network: Network, cniDir: string, namespace: string): Promise<DelegateConf> {
  const { kind, metadata, spec: { NetworkID = "", NetworkType } } = network;
  const subject = describeNetwork(kind, namespace, metadata.name);
  if (!isPathComponent(NetworkID)) {
    const reason = `is needed: NetworkType ${NetworkType} is configured by a file of that name in ${cniDir}`;
    throw new SchemaError(subject, [{ field: "spec.NetworkID", reason }]);
  }
  for (const suffix of SUFFIXES) {
    const path = `${cniDir}/${NetworkID}.${suffix}`;
    const text = await findText(path);
    if (text !== undefined) return { source: path, document: parseDocument(text, path) };
  }
  throw new CniError(
    ErrorCode.InvalidConfig,
    `${subject}: no configuration of its delegate: neither ${NetworkID}.conf nor ${NetworkID}.conflist is in ${cniDir}`,
    { details: `put it there on every node, or change NetworkID or NetworkType (${NetworkType}) of the network` },
  );
}

async function findText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new CniError(ErrorCode.IoFailure, `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function parseDocument(text: string, path: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new CniError(ErrorCode.InvalidConfig, `${path} is not JSON: ${messageOf(cause)}`, { cause });
  }
  if (typeof document === "object" && document !== null && !Array.isArray(document)) {
    return document as Record<string, unknown>;
  }
  throw new CniError(ErrorCode.InvalidConfig, `${path} is not a JSON object`);
}
