import { createAuthority, issueLeaf, type KeyedCertificate } from "./authority.ts";
import type { CertificateNames } from "./certificate_names.ts";
import type { CertificateStore } from "./certificate_store.ts";
import { inspectMaterial, readAuthorities } from "./inspect_certificates.ts";
import type { Material } from "./material.ts";
import type { Holding, Observation } from "./observe.ts";
import type { Lifetimes } from "./situation.ts";
import type { Step } from "./step.ts";

/** What a step is done with. */
export interface StepContext {
  readonly observation: Observation;
  /** What the Secret held when it was last whole. */
  readonly known: Holding | undefined;
  readonly store: CertificateStore;
  readonly names: CertificateNames;
  readonly lifetimes: Lifetimes;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/**
 * Does what was planned.
 *
 * @throws {ApiError} of the one write that it takes; `Conflict`, `AlreadyExists` and `NotFound` when another replica was
 * faster
 */
export async function applyStep(step: Exclude<Step, { do: "wait" }>, context: StepContext): Promise<void> {
  const { observation: { stored, holding }, store, signal } = context;
  if (step.do === "remove") {
    if (stored.secret) await store.remove(stored.secret, signal);
  } else if (step.do === "inject") {
    await inject(step.configurations, context);
  } else {
    const material = await nextMaterial(step, { ...context, held: holding?.material });
    await store.write(stored.secret, material, signal);
  }
}

async function inject(names: readonly string[], context: StepContext): Promise<void> {
  const { observation: { stored, holding }, store, signal } = context;
  if (!holding) throw new Error("there is no Secret whose authorities could be trusted");
  // The text of the Secret may have more than certificates in it.
  const { authorities } = await readAuthorities(holding.material.bundle);
  for (const configuration of stored.configurations.filter(({ kind }) => names.includes(kind))) {
    await store.inject(configuration, join(authorities.map(({ pem }) => pem)), signal);
  }
}

type Write = Exclude<Step, { do: "wait" | "remove" | "inject" }>;

async function nextMaterial(step: Write, context: StepContext & { held: Material | undefined }): Promise<Material> {
  const { known, held, lifetimes: { authorityMs }, nowMs, observation: { pems } } = context;
  const pemsOf = (fingerprints: readonly string[]): string[] =>
    fingerprints.map((fingerprint) => {
      const pem = pems.get(fingerprint);
      if (pem === undefined) throw new Error(`authority ${fingerprint} is nowhere to be read`);
      return pem;
    });
  if (step.do === "restore") {
    if (!known) throw new Error("nothing is known that the Secret could be restored from");
    return known.material;
  }
  if (step.do === "create authority") {
    const { cert, key } = await createAuthority({ nowMs, lifetimeMs: authorityMs });
    const bundle = join([cert, ...pemsOf(step.keep)]);
    const leaf = step.leaf === "keep" && held ? held : await issue({ cert, key }, context);
    return { bundle, authorityKey: key, cert: leaf.cert, key: leaf.key };
  }
  if (!held) throw new Error(`${step.do}: there is no Secret`);
  if (step.do === "trust") return { ...held, bundle: join(pemsOf(step.authorities)) };
  return { ...held, ...await issue(await signerOf(held, context), context) };
}

async function signerOf(held: Material, { names, observation: { pems } }: StepContext): Promise<KeyedCertificate> {
  const { signer } = await inspectMaterial(held, names);
  const cert = pems.get(signer ?? "");
  if (cert === undefined) throw new Error("the Secret has no authority that could sign");
  return { cert, key: held.authorityKey };
}

async function issue(
  authority: KeyedCertificate,
  { names, lifetimes, nowMs }: StepContext,
): Promise<KeyedCertificate> {
  return await issueLeaf(authority, { hosts: names.hosts, nowMs, lifetimeMs: lifetimes.leafMs });
}

function join(pems: readonly string[]): string {
  return pems.map((pem) => `${pem.trim()}\n`).join("");
}
