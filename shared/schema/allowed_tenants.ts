import { CniError, ErrorCode } from "../errors.ts";
import type { Network } from "./network.ts";

/**
 * Refuses a network to a namespace that its `AllowedTenants` leave out; an empty list leaves out nobody, and only
 * ClusterNetworks have one.
 *
 * @param at.subject the network as messages name it
 * @throws {CniError} code 103, naming who is allowed
 */
export function checkTenant(network: Network, at: { subject: string; namespace: string }): void {
  const allowed = network.kind === "ClusterNetwork" ? network.spec.AllowedTenants ?? [] : [];
  if (allowed.length === 0 || allowed.includes(at.namespace)) return;
  throw new CniError(ErrorCode.NetworkForbidden, `${at.subject} may not be used from namespace ${at.namespace}`, {
    details: `its spec.AllowedTenants are: ${allowed.join(", ")}`,
  });
}
