import { assertEquals } from "@std/assert";
import { planCertificates } from "./plan_certificates.ts";
import {
  type AuthorityFacts,
  BACKDATE_MS,
  type ConfigurationFacts,
  type LeafFacts,
  type Lifetimes,
  type SecretFacts,
  type Situation,
} from "./situation.ts";
import type { Step } from "./step.ts";

const DAY = 86_400_000;
const LIFETIMES: Lifetimes = { leafMs: 90 * DAY, authorityMs: 1800 * DAY, graceMs: 300_000 };
const NOW = Date.UTC(2030, 0, 1);

/** An authority that was made so many days ago. */
function authority(fingerprint: string, ageDays: number, more: Partial<AuthorityFacts> = {}): AuthorityFacts {
  const madeMs = NOW - ageDays * DAY;
  const span = { notBeforeMs: madeMs - BACKDATE_MS, notAfterMs: madeMs + LIFETIMES.authorityMs };
  return { fingerprint, ...span, ours: true, ...more };
}

function leaf(signer: string, ageDays: number, fingerprint = `leaf of ${signer}`): LeafFacts {
  const madeMs = NOW - ageDays * DAY;
  return { fingerprint, signer, notBeforeMs: madeMs - BACKDATE_MS, notAfterMs: madeMs + LIFETIMES.leafMs };
}

function secretOf(authorities: readonly AuthorityFacts[], more: Partial<SecretFacts> = {}): SecretFacts {
  const [first] = authorities;
  const signer = first?.fingerprint;
  return { writable: true, authorities, signer, leaf: signer ? leaf(signer, 1) : undefined, defects: [], ...more };
}

function configurations(...bundle: readonly AuthorityFacts[]): ConfigurationFacts[] {
  return ["Mutating", "Validating"].map((name) => ({ name, bundles: [bundle, bundle] }));
}

const [A, B, C] = [authority("a", 10), authority("b", 0), authority("c", 5)];
const OLD = authority("old", 1201);
const WHOLE = secretOf([A]);
const SETTLED: Situation = {
  nowMs: NOW,
  secret: WHOLE,
  known: WHOLE,
  served: leaf("a", 1),
  configurations: configurations(A),
  trustedForMs: new Map([["a", 1e9]]),
};
/** A new authority is in the Secret, the certificate is the old one's still. */
const STAGED = secretOf([B, OLD], { leaf: leaf("old", 30) });
/** The new authority has signed; the old one is trusted still. */
const SWITCHED = secretOf([authority("b", 10), OLD], { leaf: leaf("b", 1) });

interface Case {
  readonly what: string;
  readonly change: Partial<Situation>;
  /** Without `why`, which is for logs. */
  readonly expect: Record<string, unknown>;
}

const noSecret = { secret: undefined, known: undefined, served: undefined };
const fresh = { known: undefined, served: undefined };
const at = (days: number): number => NOW + days * DAY;
const broken = (defect: string, more: Partial<SecretFacts> = {}): SecretFacts => ({
  ...WHOLE,
  defects: [defect],
  ...more,
});
const restore = { do: "restore" };
const issue = { do: "issue leaf" };
const inject = { do: "inject", configurations: ["Mutating", "Validating"] };
const create = (keep: string[], leaf: "keep" | "issue"): Record<string, unknown> => ({
  do: "create authority",
  keep,
  leaf,
});
const trust = (...authorities: string[]): Record<string, unknown> => ({ do: "trust", authorities });
const wait = (untilMs: number): Record<string, unknown> => ({ do: "wait", untilMs });

const CASES: readonly Case[] = [
  // Beginning
  { what: "nothing at all", change: { ...noSecret, configurations: [] }, expect: create([], "issue") },
  {
    what: "configurations without a bundle",
    change: { ...noSecret, configurations: configurations() },
    expect: create([], "issue"),
  },
  {
    what: "a Secret, and configurations that have just come",
    change: { configurations: configurations() },
    expect: inject,
  },
  {
    what: "one configuration has come",
    change: { configurations: configurations().slice(1) },
    expect: { do: "inject", configurations: ["Validating"] },
  },
  { what: "no configuration yet", change: { configurations: [], trustedForMs: new Map() }, expect: wait(at(59)) },
  // Settled
  { what: "everything as it should be", change: {}, expect: wait(at(59)) },
  {
    what: "a process that has just started",
    change: { ...fresh, trustedForMs: new Map([["a", 0]]) },
    expect: wait(at(59)),
  },
  // The certificate
  {
    what: "two thirds of the certificate's time",
    change: { secret: secretOf([A], { leaf: leaf("a", 60) }) },
    expect: issue,
  },
  {
    what: "just before",
    change: { secret: secretOf([A], { leaf: leaf("a", 59.9) }) },
    expect: wait(NOW + Math.round(0.1 * DAY)),
  },
  {
    what: "due, and just trusted",
    change: { secret: secretOf([A], { leaf: leaf("a", 60) }), trustedForMs: new Map([["a", 100_000]]) },
    expect: wait(NOW + 200_000),
  },
  {
    what: "due, and trusted nowhere yet",
    change: {
      secret: secretOf([A], { leaf: leaf("a", 60) }),
      configurations: configurations(),
      trustedForMs: new Map(),
    },
    expect: inject,
  },
  {
    what: "a certificate that outlives what is configured",
    change: { secret: secretOf([A], { leaf: { ...leaf("a", 1), notAfterMs: NOW + 400 * DAY } }) },
    expect: issue,
  },
  {
    what: "an expired certificate",
    change: { secret: secretOf([A], { leaf: leaf("a", 91) }), ...fresh },
    expect: issue,
  },
  {
    what: "an expired certificate, also in memory",
    change: { secret: secretOf([A], { leaf: leaf("a", 91) }), known: secretOf([A], { leaf: leaf("a", 91) }) },
    expect: issue,
  },
  // Rotation of the authority
  {
    what: "two thirds of the authority's time",
    change: { secret: secretOf([OLD]), configurations: configurations(OLD), served: leaf("old", 1) },
    expect: create(["old"], "keep"),
  },
  {
    what: "a new authority that no configuration has",
    change: { secret: STAGED, configurations: configurations(OLD), served: leaf("old", 30) },
    expect: inject,
  },
  {
    what: "a new authority that one configuration lacks",
    change: {
      secret: STAGED,
      configurations: [{ name: "Mutating", bundles: [[OLD]] }, { name: "Validating", bundles: [[B, OLD]] }],
    },
    expect: { do: "inject", configurations: ["Mutating"] },
  },
  {
    what: "a new authority that one webhook of a configuration lacks",
    change: { secret: STAGED, configurations: [{ name: "Mutating", bundles: [[B, OLD], [OLD]] }] },
    expect: { do: "inject", configurations: ["Mutating"] },
  },
  {
    what: "a new authority within the grace",
    change: {
      secret: STAGED,
      configurations: configurations(B, OLD),
      served: leaf("old", 30),
      trustedForMs: new Map([["b", 1000], ["old", 1e9]]),
    },
    expect: wait(NOW + 299_000),
  },
  {
    what: "a new authority after the grace",
    change: {
      secret: STAGED,
      configurations: configurations(B, OLD),
      served: leaf("old", 30),
      trustedForMs: new Map([["b", 300_000], ["old", 1e9]]),
    },
    expect: issue,
  },
  {
    what: "the old authority while what it signed may be served",
    change: {
      secret: SWITCHED,
      configurations: configurations(authority("b", 10), OLD),
      served: leaf("b", 1),
      trustedForMs: new Map([["b", 1e9]]),
    },
    expect: wait(at(59)),
  },
  {
    what: "the old authority when all that it signed has expired",
    change: {
      secret: secretOf([authority("b", 91), OLD]),
      configurations: configurations(authority("b", 91), OLD),
      served: leaf("b", 1),
      trustedForMs: new Map([["b", 1e9]]),
    },
    expect: trust("b"),
  },
  {
    what: "the old authority that this process serves with",
    change: {
      secret: secretOf([authority("b", 91), OLD]),
      configurations: configurations(authority("b", 91), OLD),
      served: leaf("old", 30),
      trustedForMs: new Map([["b", 0]]),
    },
    expect: wait(at(59)),
  },
  {
    what: "an expired old authority",
    change: {
      secret: secretOf([A, authority("old", 1801)]),
      configurations: configurations(A, authority("old", 1801)),
    },
    expect: trust("a"),
  },
  {
    what: "configurations that still have an authority that has left",
    change: { configurations: configurations(A, OLD) },
    expect: inject,
  },
  // The Secret
  { what: "a lost Secret", change: { secret: undefined }, expect: restore },
  { what: "a lost Secret, in the middle of a rotation", change: { secret: undefined, known: STAGED }, expect: restore },
  {
    what: "a lost Secret, and memory that has expired",
    change: { secret: undefined, known: secretOf([A], { leaf: leaf("a", 91) }) },
    expect: create(["a"], "issue"),
  },
  {
    what: "a lost Secret, without memory: others may serve with what is trusted",
    change: noSecret,
    expect: create(["a"], "issue"),
  },
  {
    what: "a lost Secret, and foreign authorities in the configurations",
    change: { ...noSecret, configurations: configurations(authority("foreign", 1, { ours: false }), A) },
    expect: create(["a"], "issue"),
  },
  {
    what: "a lost Secret, and expired authorities in the configurations",
    change: { ...noSecret, configurations: configurations(authority("old", 1801), A) },
    expect: create(["a"], "issue"),
  },
  {
    what: "a lost Secret, and a heap of authorities in the configurations",
    change: {
      ...noSecret,
      configurations: configurations(...[1, 2, 3, 4, 5, 6, 7].map((age) => authority(`a${age}`, age))),
    },
    expect: create(["a1", "a2", "a3", "a4", "a5"], "issue"),
  },
  {
    what: "a Secret that cannot be changed",
    change: { secret: { ...WHOLE, writable: false } },
    expect: { do: "remove" },
  },
  { what: "an empty Secret", change: { secret: secretOf([], { defects: ["empty"] }) }, expect: restore },
  {
    what: "an empty Secret, without memory",
    change: { secret: secretOf([], { defects: ["empty"] }), ...fresh },
    expect: create(["a"], "issue"),
  },
  { what: "garbage in ca.crt", change: { secret: secretOf([], { defects: ["garbage"] }) }, expect: restore },
  {
    what: "garbage besides the authority, without memory",
    change: { secret: broken("garbage"), ...fresh },
    expect: trust("a"),
  },
  { what: "a ca.key that fits nothing", change: { secret: broken("key", { signer: undefined }) }, expect: restore },
  {
    what: "a ca.key that fits nothing, without memory: what is served stays",
    change: { secret: broken("key", { signer: undefined }), ...fresh },
    expect: create(["a"], "keep"),
  },
  { what: "a tls.key that does not fit", change: { secret: broken("key", { leaf: undefined }) }, expect: restore },
  {
    what: "a tls.key that does not fit, without memory",
    change: { secret: broken("key", { leaf: undefined }), ...fresh },
    expect: issue,
  },
  {
    what: "both keys lost, without memory",
    change: { secret: broken("key", { leaf: undefined, signer: undefined }), ...fresh },
    expect: create(["a"], "issue"),
  },
  {
    what: "a certificate for other names, here and in memory",
    change: { secret: broken("names", { leaf: undefined }), known: broken("names", { leaf: undefined }) },
    expect: issue,
  },
  {
    what: "somebody else's whole Secret: what this process serves with stays trusted",
    change: { secret: secretOf([C]) },
    expect: trust("c", "a"),
  },
  {
    what: "somebody else's whole Secret, when what this process serves with is trusted no more",
    change: { secret: secretOf([C]), configurations: configurations(C) },
    expect: wait(at(59)),
  },
  {
    what: "somebody else's whole Secret, when what this process serves with has expired",
    change: { secret: secretOf([C]), served: leaf("a", 91) },
    expect: inject,
  },
  {
    what: "an expired authority, without memory",
    change: {
      secret: secretOf([authority("old", 1801)]),
      configurations: configurations(authority("old", 1801)),
      ...fresh,
    },
    expect: create([], "issue"),
  },
  // The configurations
  {
    what: "an emptied bundle",
    change: { configurations: [{ name: "Mutating", bundles: [[]] }, { name: "Validating", bundles: [[A]] }] },
    expect: { do: "inject", configurations: ["Mutating"] },
  },
  {
    what: "a bundle that cannot be read",
    change: { configurations: [{ name: "Mutating", bundles: [undefined] }] },
    expect: { do: "inject", configurations: ["Mutating"] },
  },
  {
    what: "a foreign bundle",
    change: { configurations: configurations(authority("foreign", 1, { ours: false })) },
    expect: inject,
  },
  {
    what: "a foreign authority besides ours",
    change: { configurations: configurations(A, authority("foreign", 1, { ours: false })) },
    expect: inject,
  },
  {
    what: "an emptied bundle while the Secret is lost",
    change: { secret: undefined, configurations: configurations() },
    expect: restore,
  },
  // Clocks
  {
    what: "a clock half an hour behind whoever made everything",
    change: { secret: secretOf([authority("a", -1 / 48)], { leaf: leaf("a", -1 / 48) }), known: undefined },
    expect: wait(at(60 + 1 / 48)),
  },
  {
    what: "a clock two hours behind whoever renewed the certificate",
    change: { secret: secretOf([A], { leaf: leaf("a", -1 / 12) }) },
    expect: restore,
  },
  {
    what: "the same, without memory",
    change: { secret: secretOf([A], { leaf: leaf("a", -1 / 12) }), ...fresh },
    expect: issue,
  },
  { what: "a clock that has jumped beyond everything", change: { nowMs: at(2000) }, expect: create([], "issue") },
  { what: "a clock that has jumped beyond the certificate", change: { nowMs: at(200) }, expect: issue },
];

Deno.test("the next step of certificates", async (t) => {
  for (const { what, change, expect } of CASES) {
    await t.step(what, () => {
      assertEquals(withoutWhy(planCertificates({ ...SETTLED, ...change }, LIFETIMES)), expect);
    });
  }
});

function withoutWhy(step: Step): Record<string, unknown> {
  const { why: _, ...rest }: Step & { why?: string } = step;
  return rest;
}
