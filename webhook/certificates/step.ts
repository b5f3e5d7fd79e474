/**
 * What is done next. Authorities are named by their fingerprints.
 *
 * - `restore`: write what this process knows from before into the Secret.
 * - `remove`: delete a Secret that cannot be changed.
 * - `create authority`: a new one, in front of those that are kept; it issues a certificate at once, or the one that
 *   is there is kept.
 * - `issue leaf`: a new certificate to serve with, by the authority whose key is there.
 * - `trust`: `ca.crt` is to hold these.
 * - `inject`: `ca.crt` goes into these configurations.
 * - `wait`: until something changes, or that moment (infinite: until something changes).
 */
export type Step =
  | { readonly do: "restore"; readonly why: string }
  | { readonly do: "remove"; readonly why: string }
  | {
    readonly do: "create authority";
    readonly keep: readonly string[];
    readonly leaf: "keep" | "issue";
    readonly why: string;
  }
  | { readonly do: "issue leaf"; readonly why: string }
  | { readonly do: "trust"; readonly authorities: readonly string[]; readonly why: string }
  | { readonly do: "inject"; readonly configurations: readonly string[] }
  | { readonly do: "wait"; readonly untilMs: number };
