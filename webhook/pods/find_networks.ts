import { describeNetwork } from "../../shared/schema/describe_network.ts";
import { SchemaError } from "../../shared/schema/describe_issues.ts";
import { type Network, type NetworkKind, parseNetwork } from "../../shared/schema/network.ts";
import type { JudgeContext } from "../judge.ts";
import type { FoundNetworks } from "./plan_use.ts";

/**
 * Looks for networks that an object of a namespace names; each is read once, all in parallel.
 *
 * @throws {ApiError}
 */
export async function findNetworks(
  named: readonly { readonly kind: NetworkKind; readonly name: string }[],
  { cluster, signal, namespace }: Pick<JudgeContext, "cluster" | "signal"> & { namespace: string },
): Promise<FoundNetworks> {
  const wanted = new Map(named.map(({ kind, name }) => [describeNetwork(kind, namespace, name), { kind, name }]));
  return new Map(
    await Promise.all([...wanted].map(async ([subject, { kind, name }]) => {
      const ref = { kind, name, ...(kind !== "ClusterNetwork" && { namespace }) };
      const stored = await cluster.findNetwork(ref, signal);
      return [subject, stored && parseFound(kind, stored)] as const;
    })),
  );
}

/** What is stored may be older than the rules for it. What it says is told to who may read it. */
function parseFound(kind: NetworkKind, stored: unknown): Network | SchemaError {
  try {
    return parseNetwork(kind, stored);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    if (kind !== "ClusterNetwork") return error;
    return new SchemaError(error.subject, [{ field: "", reason: "cannot be used until an administrator mends it" }]);
  }
}
