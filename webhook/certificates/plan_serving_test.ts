import { assertEquals } from "@std/assert";
import { planServing } from "./plan_serving.ts";
import type { AuthorityFacts, LeafFacts, SecretFacts, Situation } from "./situation.ts";

const NOW = 1_000_000;
const span = { notBeforeMs: 0, notAfterMs: 2 * NOW };
const authority = (fingerprint: string): AuthorityFacts => ({ fingerprint, ...span, ours: true });
const leaf = (fingerprint: string, signer: string, more: Partial<LeafFacts> = {}): LeafFacts => ({
  fingerprint,
  signer,
  ...span,
  ...more,
});
const secret = (leaf: LeafFacts | undefined): SecretFacts => ({
  writable: true,
  authorities: [authority("new"), authority("old")],
  signer: "new",
  leaf,
  defects: [],
});

const CASES: readonly {
  readonly what: string;
  readonly holds: LeafFacts | undefined;
  readonly served: LeafFacts | undefined;
  readonly trusted: Record<string, number>;
  readonly expect: boolean;
}[] = [
  { what: "the first one", holds: leaf("1", "new"), served: undefined, trusted: {}, expect: true },
  {
    what: "the one that is served",
    holds: leaf("1", "new"),
    served: leaf("1", "new"),
    trusted: { new: 9e9 },
    expect: false,
  },
  { what: "none", holds: undefined, served: leaf("1", "old"), trusted: { old: 9e9 }, expect: false },
  {
    what: "an expired one",
    holds: leaf("2", "old", { notAfterMs: NOW }),
    served: undefined,
    trusted: { old: 9e9 },
    expect: false,
  },
  {
    what: "one of tomorrow",
    holds: leaf("2", "old", { notBeforeMs: NOW + 1 }),
    served: undefined,
    trusted: { old: 9e9 },
    expect: false,
  },
  {
    what: "a renewed one of the same authority",
    holds: leaf("2", "old"),
    served: leaf("1", "old"),
    trusted: { old: 0 },
    expect: true,
  },
  {
    what: "one of a new authority within the grace",
    holds: leaf("2", "new"),
    served: leaf("1", "old"),
    trusted: { old: 9e9, new: 999 },
    expect: false,
  },
  {
    what: "one of a new authority after the grace",
    holds: leaf("2", "new"),
    served: leaf("1", "old"),
    trusted: { old: 9e9, new: 1000 },
    expect: true,
  },
  {
    what: "one of a new authority that nobody trusts",
    holds: leaf("2", "new"),
    served: leaf("1", "old"),
    trusted: { old: 9e9 },
    expect: false,
  },
  {
    what: "one of a new authority while nobody trusts either",
    holds: leaf("2", "new"),
    served: leaf("1", "old"),
    trusted: {},
    expect: false,
  },
  {
    what: "a trusted one while the served one is trusted no more",
    holds: leaf("2", "new"),
    served: leaf("1", "old"),
    trusted: { new: 0 },
    expect: true,
  },
  {
    what: "one of a new authority while the served one has expired",
    holds: leaf("2", "new"),
    served: leaf("1", "old", { notAfterMs: NOW }),
    trusted: {},
    expect: true,
  },
];

Deno.test("whether the Secret's certificate takes the place of what is served", async (t) => {
  for (const { what, holds, served, trusted, expect } of CASES) {
    await t.step(what, () => {
      const situation: Situation = {
        nowMs: NOW,
        secret: secret(holds),
        known: undefined,
        served,
        configurations: [{ name: "Mutating", bundles: [[]] }],
        trustedForMs: new Map(Object.entries(trusted)),
      };
      assertEquals(planServing(situation, { graceMs: 1000 }), expect);
    });
  }
});
