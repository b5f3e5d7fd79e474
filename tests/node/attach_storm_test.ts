import { assert, assertEquals } from "@std/assert";
import { DanmLab } from "../support/danm_lab.ts";
import { Storm } from "../support/faults/storm.ts";
import { readRecords } from "../support/faults/records.ts";
import { findFiles, lookAtLab, settleNode, waitForProcesses } from "../support/faults/storm_audit.ts";
import { createGates, STORM_NETWORK, StormCalls } from "../support/faults/storm_calls.ts";
import { Killer } from "../support/faults/storm_kill.ts";
import { planStorm } from "../support/faults/storm_plan.ts";
import { startFaultProxy } from "../support/lab/fault_proxy.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { toStderr } from "../support/progress.ts";

const SANDBOXES = 300;
const AT_ONCE = 14;

/** All of a /24: Pods ask for the upper addresses by name. */
const NETWORK = {
  apiVersion: "danm.io/v1",
  kind: "ClusterNetwork",
  metadata: { name: STORM_NETWORK },
  spec: {
    NetworkID: STORM_NETWORK,
    NetworkType: "macvlan",
    Options: {
      host_device: "eth1",
      cidr: "10.180.0.0/24",
      allocation_pool: { start: "10.180.0.1", end: "10.180.0.242" },
      net6: "fd00:180::/64",
    },
  },
};
const STATICS = Array.from({ length: 12 }, (_, index) => ({
  ip: `10.180.0.${243 + index}`,
  ip6: `fd00:180::1:0:0:${index + 1}`,
}));
/** Dynamic addresses of sandboxes that live; those of calls under way and of killed ones come on top. */
const DYNAMIC_TARGET = 218;

/** Another seed is another storm. */
const SEED = Number(Deno.env.get("STORM_SEED") ?? 20261121);

labTest(`${SANDBOXES} sandboxes on one /24, some of whose calls are killed, leave nothing`, {}, async (t) => {
  toStderr(`seed of the storm: ${SEED}`);
  await using lab = await startLab({ nodes: 2, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  await danm.apply(NETWORK);
  await using proxy = await startFaultProxy(lab);
  const killer = new Killer(danm, { gates: await createGates(danm), proxies: [proxy] });
  const size = { sandboxes: SANDBOXES, nodes: lab.nodes.length, dynamicTarget: DYNAMIC_TARGET, statics: STATICS };
  const { pods, steps } = planStorm(size, seededRandom(SEED));
  const calls = await StormCalls.create(danm);
  const storm = await Storm.create(danm, { plans: pods, calls, killer });
  const before = await lookAtLab(lab);
  const began = performance.now();
  let held = 0;
  let left = { records: 0, doubtful: 0, settled: 0 };

  const isOver = await t.step(`seed ${SEED}: no address has two holders, and who lives keeps his`, async () => {
    let over = false;
    const storming = storm.run(steps, { atOnce: AT_ONCE }).finally(() => over = true);
    const watching = (async () => {
      while (!over) held = Math.max(held, await storm.living.check(danm));
    })();
    await Promise.all([storming, watching]);
  });
  // What is left of a storm that broke off tells nothing.
  if (!isOver) return;
  await t.step(`seed ${SEED}: nothing is left when all is over`, async () => {
    await waitForProcesses(lab, before);
    left = await settle({ danm, calls, storm });
    assertEquals(await danm.held(), []);
    for (const node of lab.nodes) assertEquals(await findFiles(node), [], `files of ${node.name}`);
    await waitForProcesses(lab, before);
    assertEquals(await lookAtLab(lab), before);
  });
  const { sandboxes, kills, living: { peak } } = storm;
  const line = `seed ${SEED}: ${sandboxes} sandboxes, ${kills.ADD} ADDs and ${kills.DEL} DELs killed, ` +
    `${left.records} records left, ${left.doubtful} of them doubtful, ${left.settled} settled, ` +
    `${peak} IPv4 addresses held at once by the living, ${held} by all, ` +
    `${((performance.now() - began) / 1000).toFixed(0)} s`;
  toStderr(line);
  assert(sandboxes >= SANDBOXES && kills.ADD > 10 && kills.DEL > 10 && peak > 190 && left.doubtful > 0, line);
});

/** What is due when two minutes have passed. */
async function settle(
  { danm, calls, storm }: { danm: DanmLab; calls: StormCalls; storm: Storm },
): Promise<{ records: number; doubtful: number; settled: number }> {
  const records = (await Promise.all(danm.lab.nodes.map(readRecords))).flat();
  // Attached, and killed before it could say so: only DEL tells that nobody lives there.
  const attached = new Set(records.filter(({ state }) => state === "attached").map(({ containerID }) => containerID));
  const unheard = storm.abandoned.filter(({ containerID }) => attached.delete(containerID));
  assertEquals([...attached], [], "attached, and no runtime knows of it");
  for (const sandbox of unheard) await storm.delete(sandbox);
  const settled = await Promise.all(danm.lab.nodes.map((node) => settleNode(node, { danm, calls })));
  const doubtful = records.filter(({ state }) => state === "doubtful").length;
  return { records: records.length, doubtful, settled: settled.reduce((sum, one) => sum + one, 0) };
}
