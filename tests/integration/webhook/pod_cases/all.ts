import type { AnnotatedCase } from "../annotated_case.ts";
import { ACCEPTED } from "./accepted.ts";
import { IMPOSSIBLE } from "./impossible.ts";
import { MALFORMED } from "./malformed.ts";
import { WARNED } from "./warned.ts";

/** Pods, and what admission says to their creation. */
export const POD_CASES: readonly AnnotatedCase[] = [...MALFORMED, ...ACCEPTED, ...IMPOSSIBLE, ...WARNED];
