import type { Situation } from "./situation.ts";
import { hasLeaf, isWithin, trustedForMs } from "./validity.ts";

/**
 * Whether this process is to serve with the certificate of the Secret from now on. It stays with the one that it has
 * until API servers have been able to trust the new one for the grace, unless they cannot trust the old one either.
 */
export function planServing(situation: Situation, { graceMs }: { readonly graceMs: number }): boolean {
  const { secret, served, nowMs } = situation;
  if (!secret?.leaf || !hasLeaf(secret, nowMs) || secret.leaf.fingerprint === served?.fingerprint) return false;
  if (!served || !isWithin(served, nowMs) || secret.leaf.signer === served.signer) return true;
  const trustedMs = trustedForMs(situation, secret.leaf.signer);
  if (trustedMs === undefined) return false;
  return trustedMs >= graceMs || trustedForMs(situation, served.signer) === undefined;
}
