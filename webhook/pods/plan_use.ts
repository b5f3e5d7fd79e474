import { messageOf } from "../../shared/errors.ts";
import { checkTenant } from "../../shared/schema/allowed_tenants.ts";
import type { SchemaError } from "../../shared/schema/describe_issues.ts";
import type { Network } from "../../shared/schema/network.ts";
import type { Finding } from "./finding.ts";

/** Networks that were looked for, by what messages call them: undefined = not there; an error = makes no sense. */
export type FoundNetworks = ReadonlyMap<string, Network | SchemaError | undefined>;

/** Where a network is named. */
export interface UseOptions {
  readonly annotation: string;
  readonly path: string;
  /** The network as messages name it. */
  readonly subject: string;
  readonly namespace: string;
}

/**
 * The network that an annotation names, or what stands in the way of its use; none of that need stay so. Of a network
 * that the namespace may not use nothing is told: not everybody who makes Pods may read it.
 */
export function planUse(
  networks: FoundNetworks,
  { annotation, path, subject, namespace }: UseOptions,
): { network?: Network; findings: Finding[] } {
  const warn = (reason: string): Finding => ({ annotation, path, reason, fatal: false });
  const network = networks.get(subject);
  if (!network) return { findings: [warn(`${subject} does not exist`)] };
  if (network instanceof Error) return { findings: [warn(messageOf(network))] };
  try {
    checkTenant(network, { subject, namespace });
  } catch (error) {
    return { findings: [warn(messageOf(error))] };
  }
  return { network, findings: [] };
}
