import { NETWORK_TABLE } from "../../tests/integration/webhook/cases/network_table.ts";
import { assertVerdict } from "../../tests/support/webhook/assert_verdict.ts";
import { judgeCase } from "../../tests/support/webhook/judge_in_process.ts";
import { judgeNetwork } from "./judge_network.ts";
import { mutateNetwork } from "./mutate_network.ts";

const JUDGES = { mutate: mutateNetwork, validate: judgeNetwork };

Deno.test("networks are judged as the table says", async (t) => {
  for (const of of NETWORK_TABLE) {
    await t.step(`${of.operation} ${of.kind}: ${of.name}`, async () => assertVerdict(of, await judgeCase(of, JUDGES)));
  }
});
