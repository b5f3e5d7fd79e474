import { sameValue } from "../shared/schema/same_value.ts";
import type { AdmissionRequest } from "./admission_request.ts";
import type { Judge, JudgeContext } from "./judge.ts";
import { ACCEPTED, type Denial, type Verdict } from "./verdict.ts";

/**
 * Asks mutating judges one after the other: each gets the object as the one before left it, none is asked after a
 * denial. Whoever reserves something is the last of them.
 *
 * @throws what a judge throws
 */
export async function mutateInTurn(
  judges: readonly Judge[],
  request: AdmissionRequest,
  context: JudgeContext,
): Promise<Verdict> {
  let verdict = ACCEPTED;
  for (const judge of judges) {
    const object = verdict.object ?? request.object;
    verdict = merge([verdict, await judge({ ...request, object }, context)]);
    if (verdict.denials.length > 0) break;
  }
  return verdict;
}

/**
 * Asks validating judges at the same time, and puts together what they say.
 *
 * @throws what the first of them throws that throws
 */
export async function validateAtOnce(
  judges: readonly Judge[],
  request: AdmissionRequest,
  context: JudgeContext,
): Promise<Verdict> {
  return merge(await Promise.all(judges.map((judge) => judge(request, context))));
}

/** All denials and warnings, each once; the last object. */
function merge(verdicts: readonly Verdict[]): Verdict {
  const denials: Denial[] = [];
  for (const denial of verdicts.flatMap((verdict) => verdict.denials)) {
    if (!denials.some((known) => sameValue(known, denial))) denials.push(denial);
  }
  const warnings = [...new Set(verdicts.flatMap((verdict) => verdict.warnings))];
  const object = verdicts.findLast((verdict) => verdict.object !== undefined)?.object;
  return { denials, warnings, ...(object === undefined ? {} : { object }) };
}
