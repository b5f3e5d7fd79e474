import { CniError, ErrorCode } from "../errors.ts";
import { parse } from "../schema/describe_issues.ts";
import { describeNad, Nad, NAD_KIND, nadPath } from "../schema/nad.ts";
import { settleAll } from "../settle_all.ts";
import { Forbidden, NotFound } from "./api_error.ts";
import type { KubeClient } from "./client.ts";

/** Which NetworkAttachmentDefinition. */
export interface NadName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * The NetworkAttachmentDefinitions of those names, in that order; each is read once, all in parallel.
 *
 * @throws {AggregateError} of a {@linkcode CniError} for each that is missing (code 102) or may not be read (107), of a
 *   {@linkcode SchemaError} for each that is none
 */
export async function getNads(client: KubeClient, names: readonly NadName[], signal: AbortSignal): Promise<Nad[]> {
  const distinct = new Map(names.map((name) => [nadPath(name), name]));
  const nads = new Map(
    await settleAll(
      [...distinct].map(async ([path, name]) => [path, await getNad(client, { name, path, signal })] as const),
    ),
  );
  return names.flatMap((name) => nads.get(nadPath(name)) ?? []);
}

async function getNad(
  client: KubeClient,
  { name, path, signal }: { name: NadName; path: string; signal: AbortSignal },
): Promise<Nad> {
  const subject = describeNad(name);
  try {
    return parse(Nad, await client.get(path, { signal }), subject);
  } catch (cause) {
    if (cause instanceof NotFound) {
      throw new CniError(ErrorCode.NetworkMissing, `${subject} does not exist`, {
        cause,
        details: cause.details === undefined
          ? `this cluster does not have the kind ${NAD_KIND}: install its CustomResourceDefinition`
          : "create it, or correct the annotation k8s.v1.cni.cncf.io/networks of the Pod",
      });
    }
    if (cause instanceof Forbidden) {
      throw new CniError(ErrorCode.ApiRefused, `${subject} may not be read: ${cause.message}`, {
        cause,
        details: "the ClusterRole danm-cni of this release allows it: apply it",
      });
    }
    throw cause;
  }
}
