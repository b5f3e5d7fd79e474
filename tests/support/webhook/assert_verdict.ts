import { assert, assertEquals } from "@std/assert";
import { valueAt } from "../../../shared/schema/value_at.ts";
import type { Verdict } from "../../../webhook/verdict.ts";
import type { NetworkCase } from "../../integration/webhook/cases/network_case.ts";

/** Checks what was answered to a case: its denials, its warnings, and what became of the object. */
export function assertVerdict(of: NetworkCase, { denials, warnings, object }: Verdict): void {
  const said = JSON.stringify(denials);
  if (!of.denied) assertEquals(denials, []);
  for (const { field, says = "" } of of.denied ?? []) {
    const found = denials.some((denial) => isAbout(denial.field, field) && denial.reason.includes(says));
    assert(found, `no denial names ${field || "the object"} and says ${says}: ${said}`);
  }
  for (const { reason } of denials) assert(reason.length > 10, said);
  if (of.warns) assertEquals(warnings.length, of.warns.length, JSON.stringify(warnings));
  for (const part of of.warns ?? []) assert(warnings.some((one) => one.includes(part)), JSON.stringify(warnings));
  for (const warning of warnings) assert(warning.length <= 120, warning);
  for (const [field, value] of Object.entries(of.becomes ?? {})) {
    assertEquals(valueAt(object, `spec.${field}`), value, field);
  }
}

/** One names the other, or a part of it: a rule over several fields may be told at either of them. */
export function isAbout(one: string, other: string): boolean {
  return one === other || (one !== "" && other !== "" && (isPartOf(one, other) || isPartOf(other, one)));
}

function isPartOf(part: string, whole: string): boolean {
  return part.startsWith(whole) && /[.[]/.test(part.charAt(whole.length));
}
