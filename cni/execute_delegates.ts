import { settleAll } from "../shared/settle_all.ts";
import { delegateAdd, type DelegateContext } from "./delegate.ts";
import type { DelegateAnswer } from "./delegates.ts";
import { needsEarlierLinks } from "./nad/render_nad_call.ts";
import type { DelegateCall } from "./record.ts";

/**
 * Executes ADD of all delegates of a sandbox: at once, or one after the other if one works on the link of another. Each
 * call gets its result, for DEL.
 *
 * @throws {CniError} code 105 of the one that failed, or {AggregateError} of several
 */
export async function executeDelegates(
  calls: readonly DelegateCall[],
  context: DelegateContext,
): Promise<DelegateAnswer[]> {
  const execute = async (call: DelegateCall): Promise<DelegateAnswer> => {
    const { document, result } = await delegateAdd(call, context);
    call.result = document;
    return { interface: call.interface, result };
  };
  if (!calls.some(needsEarlierLinks)) return await settleAll(calls.map(execute));
  const answers: DelegateAnswer[] = [];
  for (const call of calls) answers.push(await execute(call));
  return answers;
}
