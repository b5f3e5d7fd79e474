import { CLUSTER_NEEDS } from "../support/cluster/cluster.ts";
import { type DanmWorld, deleteWorkloads, withDanm } from "../support/cluster/danm_world.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { useTokenOfAnotherNode } from "./faults/node_token.ts";
import { deleteByForce, loseApiServer, restartDaemons } from "./faults/restarts.ts";
import { moveStatefulSet } from "./faults/stateful_set.ts";
import { rebootAll, rebootOne } from "./faults/reboot.ts";
import { upgrade } from "./faults/upgrade.ts";

/** What is done to the cluster, in this order. After each of them all Pods are deleted, and nothing of them may stay. */
const FAULTS: Readonly<Record<string, (world: DanmWorld) => Promise<void>>> = {
  "a node's token does nothing to another node's objects": useTokenOfAnotherNode,
  "a Pod of a StatefulSet comes back on another node": moveStatefulSet,
  "Pods are deleted by force": deleteByForce,
  "kubelet and containerd end and start while Pods come and go": restartDaemons,
  "a node loses power": rebootOne,
  "all nodes lose power": rebootAll,
  "the API server is away for a minute while Pods come and go": loseApiServer,
  "an upgrade keeps Pods' networks": upgrade,
};

labTest("DANM on a cluster where things go wrong", CLUSTER_NEEDS, async (t) => {
  await withDanm({ kind: "native" }, async (world) => {
    for (const [name, fault] of Object.entries(FAULTS)) {
      await t.step(name, async () => {
        try {
          await fault(world);
        } finally {
          await deleteWorkloads(world);
        }
      });
    }
  });
});
