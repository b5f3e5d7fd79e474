import type { AuthorityFacts, SecretFacts, Situation } from "./situation.ts";
import type { Step } from "./step.ts";
import { hasLeaf, hasSigner, isWhole, isWithin } from "./validity.ts";

/** Replicas with broken clocks could otherwise fill the Secret with authorities of each other's. */
const MOST_KEPT = 5;

/** The next step when the Secret is missing or not whole. Nothing that may be served or trusted still is thrown away. */
export function planRepair({ secret, known, nowMs, configurations }: Situation): Step {
  const why = secret ? describeDefects(secret, nowMs) : "there is no Secret";
  if (secret && !secret.writable) return { do: "remove", why };
  if (known && isWhole(known, nowMs)) return { do: "restore", why };
  const found = secret?.authorities ?? [];
  if (!secret || !hasSigner(secret, nowMs)) {
    // Other replicas may serve with what the configurations trust.
    const trusted = configurations.flatMap(({ bundles }) => bundles.flatMap((authorities) => authorities ?? []));
    const keep = newest([...found, ...trusted.filter(({ ours }) => ours)], { nowMs, first: secret?.leaf?.signer });
    return { do: "create authority", keep, leaf: secret && hasLeaf(secret, nowMs) ? "keep" : "issue", why };
  }
  if (!hasLeaf(secret, nowMs)) return { do: "issue leaf", why };
  return { do: "trust", authorities: newest(found, { nowMs, first: secret.signer }), why };
}

/** Fingerprints of those that are valid, each once, the youngest first, but for the one that must be among them. */
function newest(
  authorities: readonly AuthorityFacts[],
  { nowMs, first }: { nowMs: number; first: string | undefined },
): string[] {
  const sorted = authorities.filter((each) => isWithin(each, nowMs)).toSorted((a, b) =>
    Number(b.fingerprint === first) - Number(a.fingerprint === first) || b.notBeforeMs - a.notBeforeMs
  );
  return [...new Set(sorted.map(({ fingerprint }) => fingerprint))].slice(0, MOST_KEPT);
}

function describeDefects(secret: SecretFacts, nowMs: number): string {
  const found = [
    ...(secret.writable ? [] : ["the Secret cannot be changed"]),
    ...secret.defects,
    ...(secret.signer !== undefined && !hasSigner(secret, nowMs) ? ["the authority is not valid now"] : []),
    ...(secret.leaf && !hasLeaf(secret, nowMs) ? ["the certificate is not valid now"] : []),
  ];
  return found.join("; ");
}
