import { assert, assertEquals } from "@std/assert";
import { DanmLab } from "../support/danm_lab.ts";
import { hostTraces } from "../support/delegates/delegate_lab.ts";
import { settleDoubts } from "../support/faults/audit.ts";
import { walk, type WalkReport } from "../support/faults/walk.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";
import { asking, openNadTrack, prepareNads, withNads } from "./nad/fault_world.ts";

labTest("kill -9 at every external step, with NetworkAttachmentDefinitions", {}, async () => {
  await using lab = await startLab({ nodes: 2, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  await prepareNads(danm);
  const [one, two] = lab.nodes;
  assert(one && two);
  const reports = await Promise.all([
    lane(one, [{ name: "ADD, then DEL", command: "ADD", aftermath: "del" }]),
    lane(two, [
      { name: "DEL, then DEL", command: "DEL", aftermath: "del" },
      { name: "ADD, then a newer sandbox", command: "ADD", aftermath: "newer" },
    ]),
  ]);
  for (const { name, requests, commands, kills } of reports.flat()) {
    toStderr(`${name}: ${requests} requests, ${commands} commands, ${kills} kills`);
  }
  assertEquals(await danm.held(), []);

  async function lane(
    node: Node,
    plans: readonly { name: string; command: "ADD" | "DEL"; aftermath: "del" | "newer" }[],
  ): Promise<WalkReport[]> {
    await using track = await openNadTrack(withNads(danm), node);
    const reports: WalkReport[] = [];
    for (const [number, plan] of plans.entries()) {
      const asked = asking(node, 2 * lab.nodes.indexOf(node) + number);
      reports.push(await walk(track, { ...plan, ...asked, node }));
      await settleDoubts(danm, node);
      assertEquals(await hostTraces(node), [], plan.name);
    }
    return reports;
  }
});
