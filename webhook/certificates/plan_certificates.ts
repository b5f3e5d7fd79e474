import { planRepair } from "./plan_repair.ts";
import { BACKDATE_MS, type Lifetimes, type SecretFacts, type Situation } from "./situation.ts";
import type { Step } from "./step.ts";
import { isWhole, isWithin, trustedForMs } from "./validity.ts";

/**
 * The next step towards certificates that are valid, trusted and not about to expire. Every step leaves a state that any
 * replica can go on from, and in which an API server trusts what is served, whether it has heard of the step or not:
 *
 * 1. A new authority goes to the front of `ca.crt`; what is served stays.
 * 2. `ca.crt` goes into the configurations.
 * 3. When it has been there for the grace, the new authority signs what is served.
 * 4. The old authority leaves when nothing that it signed can be valid any more.
 *
 * @see docs/decisions/0010-webhook-certificates.md
 */
export function planCertificates(situation: Situation, lifetimes: Lifetimes): Step {
  const { secret, nowMs } = situation;
  if (!secret?.writable || !isWhole(secret, nowMs)) return planRepair(situation);
  return planTrust(situation, secret) ?? planRenewal(situation, { secret, lifetimes });
}

/** What API servers trust comes before anything new. */
function planTrust({ served, configurations, nowMs }: Situation, secret: SecretFacts): Step | undefined {
  const bundle = secret.authorities.map(({ fingerprint }) => fingerprint);
  // Another replica lost its memory and the Secret at once, and did not know what this one serves with.
  const needed = configurations.flatMap(({ bundles }) => bundles.flatMap((authorities) => authorities ?? []))
    .find(({ fingerprint }) => fingerprint === served?.signer);
  if (served && needed && isWithin(served, nowMs) && isWithin(needed, nowMs) && !bundle.includes(needed.fingerprint)) {
    return { do: "trust", authorities: [...bundle, needed.fingerprint], why: "this replica serves with one more" };
  }
  const wanted = bundle.join();
  const stale = configurations.filter(({ bundles }) =>
    bundles.some((found) => found?.map(({ fingerprint }) => fingerprint).join() !== wanted)
  );
  return stale.length === 0 ? undefined : { do: "inject", configurations: stale.map(({ name }) => name) };
}

function planRenewal(
  situation: Situation,
  { secret, lifetimes }: { secret: SecretFacts; lifetimes: Lifetimes },
): Step {
  const { nowMs, served } = situation;
  const { leafMs, authorityMs, graceMs } = lifetimes;
  const signer = secret.authorities.find(({ fingerprint }) => fingerprint === secret.signer);
  const { leaf } = secret;
  if (!signer || !leaf) throw new Error("a Secret is whole that has no authority or no certificate");
  const settled = leaf.signer === signer.fingerprint;
  const authorityDueMs = signer.notAfterMs - authorityMs / 3;
  if (settled && nowMs >= authorityDueMs) {
    const keep = secret.authorities.filter((each) => isWithin(each, nowMs)).map(({ fingerprint }) => fingerprint);
    return { do: "create authority", keep, leaf: "keep", why: "the authority has used up two thirds of its time" };
  }
  const tooLong = leaf.notAfterMs - nowMs > leafMs + BACKDATE_MS;
  const leafDueMs = settled && !tooLong ? leaf.notAfterMs - leafMs / 3 : nowMs;
  const trustedMs = trustedForMs(situation, signer.fingerprint);
  if (nowMs >= leafDueMs && trustedMs !== undefined && trustedMs >= graceMs) {
    const why = settled ? "the certificate has used up two thirds of its time" : "API servers trust the new authority";
    return { do: "issue leaf", why };
  }
  const retireMs = signer.notBeforeMs + BACKDATE_MS + leafMs + graceMs;
  const needed = new Set([signer.fingerprint, leaf.signer, served?.signer]);
  const stays = secret.authorities.filter(({ fingerprint, notAfterMs }) =>
    needed.has(fingerprint) || (nowMs < retireMs && nowMs < notAfterMs)
  );
  if (stays.length < secret.authorities.length) {
    const authorities = stays.map(({ fingerprint }) => fingerprint);
    return { do: "trust", authorities, why: "all that the old authority signed has expired" };
  }
  const dueMs = [
    ...(settled ? [authorityDueMs] : []),
    nowMs < leafDueMs ? leafDueMs : nowMs + Math.max(0, graceMs - (trustedMs ?? 0)),
    ...(secret.authorities.length > 1 ? [retireMs] : []),
  ];
  return { do: "wait", untilMs: Math.min(...dueMs.filter((ms) => ms > nowMs)) };
}
