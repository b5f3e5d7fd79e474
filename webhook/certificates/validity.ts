import type { CertificateFacts, SecretFacts, Situation } from "./situation.ts";

/** Whether a certificate is valid at a moment. */
export function isWithin({ notBeforeMs, notAfterMs }: CertificateFacts, nowMs: number): boolean {
  return notBeforeMs <= nowMs && nowMs < notAfterMs;
}

/** Whether the key of an authority is there that can sign now. */
export function hasSigner({ authorities, signer }: SecretFacts, nowMs: number): boolean {
  return authorities.some((each) => each.fingerprint === signer && isWithin(each, nowMs));
}

/** Whether there is a certificate that can be served with now. */
export function hasLeaf({ authorities, leaf }: SecretFacts, nowMs: number): boolean {
  if (!leaf || !isWithin(leaf, nowMs)) return false;
  return authorities.some((each) => each.fingerprint === leaf.signer && isWithin(each, nowMs));
}

/** Whether everything is there that ought to be, and valid now. */
export function isWhole(secret: SecretFacts, nowMs: number): boolean {
  return secret.defects.length === 0 && hasSigner(secret, nowMs) && hasLeaf(secret, nowMs);
}

/**
 * For how many milliseconds all API servers that ask us have been able to trust an authority; undefined when they
 * cannot. Without any configuration nobody asks.
 */
export function trustedForMs(
  { configurations, trustedForMs }: Pick<Situation, "configurations" | "trustedForMs">,
  fingerprint: string,
): number | undefined {
  return configurations.length === 0 ? Number.POSITIVE_INFINITY : trustedForMs.get(fingerprint);
}
