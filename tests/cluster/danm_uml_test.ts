import { CLUSTER_NEEDS } from "../support/cluster/cluster.ts";
import { assertAttached, deleteWorkloads, withDanm } from "../support/cluster/danm_world.ts";
import { networkedDeployment } from "../support/cluster/danm_workload.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { rebootOne } from "./faults/reboot.ts";

labTest("DANM on user-mode nodes, with ipvlan and VLAN", { ...CLUSTER_NEEDS, uml: true }, async (t) => {
  await withDanm({ kind: "uml" }, async (world) => {
    await t.step("attaches Pods that reach each other across nodes", async () => {
      await world.cluster.apply(networkedDeployment("web", 4));
      await assertAttached(world, { app: "web", count: 4, timeoutMs: 240_000 });
    });
    await t.step("leaves nothing of Pods that are deleted", () => deleteWorkloads(world));
    await t.step("attaches the Pods of a node again that was without power", () => rebootOne(world));
    await t.step("leaves nothing of those either", () => deleteWorkloads(world));
  });
});
