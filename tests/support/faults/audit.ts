/** What must be left of sandboxes whose attaching or detaching was disturbed: nothing, or a doubt that settles. */
import { assert, assertEquals } from "@std/assert";
import { DOUBT_SECONDS } from "../../../ipam/ledger.ts";
import type { DanmLab, TestSandbox } from "../danm_lab.ts";
import type { Node } from "../lab/node.ts";
import type { SeenRequest } from "../lab/fault_rules.ts";
import { ageDoubts, readRecords } from "./records.ts";

/**
 * Checks that nothing is left of a sandbox, but for the record of creations whose fate nobody knows.
 *
 * @param options.requests what the disturbed call asked the API server for; where it created nothing, there is no doubt
 */
export async function assertClean(
  danm: DanmLab,
  sandbox: TestSandbox,
  options: { what: string; requests: readonly SeenRequest[] },
): Promise<void> {
  const { what, requests } = options;
  // An Event holds nothing.
  const mayDoubt = requests.some(({ method, path }) => method === "POST" && !path.endsWith("/events"));
  const left = await danm.leftovers(sandbox);
  const unexpected = left.filter((one) => !(mayDoubt && /^record .*\.doubtful$/.test(one)));
  assertEquals(unexpected, [], `${what}: left behind`);
}

/**
 * Lets the time of all doubts of a node pass, and runs commands that have nothing to do with them until the records are
 * gone, as those of other sandboxes would.
 *
 * @returns how many records there were
 */
export async function settleDoubts(danm: DanmLab, node: Node): Promise<number> {
  const before = await readRecords(node);
  assertEquals(before.filter(({ state }) => state !== "doubtful"), [], "records that are no mere doubts");
  await ageDoubts(node, DOUBT_SECONDS + 1);
  const stranger = await danm.createSandbox(node, { namespace: "default", name: "stranger", uid: crypto.randomUUID() });
  let left = before.length;
  while (left > 0) {
    await danm.del(stranger);
    const now = (await readRecords(node)).length;
    assert(now < left, `${now} doubtful records of ${node.name} do not settle`);
    left = now;
  }
  await node.deleteNetns(stranger.netns);
  return before.length;
}
