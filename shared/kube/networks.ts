import { CniError, ErrorCode } from "../errors.ts";
import { Forbidden, NotFound } from "./api_error.ts";
import type { KubeClient } from "./client.ts";
import type { InterfaceRequest } from "../schema/interfaces_annotation.ts";
import { type Network, NETWORK_KINDS, type NetworkKind, parseNetwork } from "../schema/network.ts";
import { resourcePath } from "../schema/resources.ts";
import { describeNetwork } from "../schema/describe_network.ts";

/** Name of the network that a Pod gets when it asks for none. */
export const DEFAULT_NETWORK = "default";

/**
 * The networks that a Pod asks for, one for each request and in that order; each is read once, all in parallel.
 *
 * @throws {AggregateError} of a {@linkcode CniError} for each network that is missing, or that may not be read
 */
export async function getNetworks(
  client: KubeClient,
  requests: readonly InterfaceRequest[],
  options: { namespace: string; signal: AbortSignal },
): Promise<Network[]> {
  const { namespace, signal } = options;
  const reads = new Map<string, Promise<Network>>();
  const wanted = requests.map(({ kind, name }) => {
    const subject = describeNetwork(kind, namespace, name);
    const read = reads.get(subject) ??
      getNetwork(client, { kind, namespace, name, signal, namedBy: "the annotation danm.io/interfaces of the Pod" });
    reads.set(subject, read);
    return read;
  });
  const errors = (await Promise.allSettled(reads.values())).flatMap((end) =>
    end.status === "rejected" ? [end.reason] : []
  );
  if (errors.length > 0) throw new AggregateError(errors, "");
  return await Promise.all(wanted);
}

/**
 * A network by its name.
 *
 * @param at.namespace of the Pod; ClusterNetworks have none
 * @param at.namedBy what the name comes from, for messages
 * @throws {CniError} code 102 when it does not exist, 107 when it may not be read
 * @throws {ApiError}
 */
export async function getNetwork(
  client: KubeClient,
  at: { kind: NetworkKind; namespace: string; name: string; signal: AbortSignal; namedBy: string },
): Promise<Network> {
  const subject = describeNetwork(at.kind, at.namespace, at.name);
  try {
    return await readNetwork(client, at);
  } catch (cause) {
    if (cause instanceof NotFound) {
      throw new CniError(ErrorCode.NetworkMissing, `${subject} does not exist`, {
        cause,
        details: cause.details === undefined
          ? `this cluster does not have the kind ${at.kind}: apply the CustomResourceDefinitions of this release`
          : `create it, or correct ${at.namedBy}`,
      });
    }
    if (cause instanceof Forbidden) {
      throw new CniError(ErrorCode.ApiRefused, `${subject} may not be read: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

async function readNetwork(
  client: KubeClient,
  at: { kind: NetworkKind; namespace: string; name: string; signal: AbortSignal },
): Promise<Network> {
  const { kind, namespace, name, signal } = at;
  const path = resourcePath(kind, { name, ...(kind !== "ClusterNetwork" && { namespace }) });
  return parseNetwork(kind, await client.get(path, { signal }));
}

/**
 * The network of a Pod that asks for none: the one called `default`, first among the DanmNets, then the
 * TenantNetworks of its namespace, then the ClusterNetworks. Kinds that are not installed have none.
 *
 * @throws {CniError} code 102 when there is none
 */
export async function getDefaultNetwork(
  client: KubeClient,
  options: { namespace: string; signal: AbortSignal },
): Promise<Network> {
  const reads = await Promise.allSettled(
    NETWORK_KINDS.map((kind) => readNetwork(client, { kind, name: DEFAULT_NETWORK, ...options })),
  );
  for (const read of reads) {
    if (read.status === "fulfilled") return read.value;
    if (!(read.reason instanceof NotFound)) throw read.reason;
  }
  throw new CniError(
    ErrorCode.NetworkMissing,
    `the Pod has no annotation danm.io/interfaces, and namespace ${options.namespace} no network called ${DEFAULT_NETWORK}`,
    { details: `annotate the Pod, or create a DanmNet, TenantNetwork or ClusterNetwork called ${DEFAULT_NETWORK}` },
  );
}
