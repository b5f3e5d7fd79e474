import { assertEquals } from "@std/assert";
import type { CallOptions, DanmLab } from "../../support/danm_lab.ts";
import type { DelegateLab } from "../../support/delegates/delegate_lab.ts";
import type { Behaviour, ScriptedDelegate } from "../../support/delegates/scripted_delegate.ts";
import type { Node } from "../../support/lab/node.ts";

/** The lab, and a plugin whose network is `one`. */
interface World {
  readonly delegates: DelegateLab;
  readonly danm: DanmLab;
  readonly node: Node;
  readonly first: ScriptedDelegate;
  /** Calls that find the plugin. */
  readonly options: CallOptions;
}

/** CHECK of the plugin fails, prints rubbish, or does not end. */
export async function failingCheck({ danm, delegates, node, first, options }: World): Promise<void> {
  await first.behave({});
  const { sandbox, result } = await delegates.attach(node, [{ network: "one" }], options);
  const conf = { ...options.conf, prevResult: result, timeoutMs: 1500 };
  const cases: { CHECK: Behaviour; code: number; says: RegExp }[] = [
    { CHECK: { prints: '{"code":7,"msg":"drifted"}', exits: 1 }, code: 105, says: /^eth0: CHECK .* code 7: drifted$/ },
    {
      CHECK: { prints: "{ rubbish", exits: 1 },
      code: 105,
      says: /^eth0: CHECK of delegate scripted failed: .*rubbish/,
    },
    { CHECK: { before: "sleep 1000" }, code: 11, says: /^CHECK of sandbox .* did not end in time/ },
  ];
  for (const { CHECK, code, says } of cases) {
    await first.behave({ CHECK });
    const error = await danm.fail(sandbox, "CHECK", { ...options, conf });
    assertEquals([error.code, says.test(error.msg)], [code, true], error.msg);
  }
  // Whatever it prints when all is well is nobody's affair.
  await first.behave({ CHECK: { prints: "{ rubbish" } });
  const { code, document } = await danm.call(sandbox, "CHECK", { ...options, conf });
  assertEquals([code, document], [0, undefined]);
  await first.behave({});
  await delegates.detach(sandbox, options);
  const commands = (await first.calls()).map(({ command }) => command);
  assertEquals(commands, ["ADD", "CHECK", "CHECK", "CHECK", "CHECK", "DEL"]);
}
