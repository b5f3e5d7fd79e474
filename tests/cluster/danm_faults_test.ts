import { assert } from "@std/assert";
import { CLUSTER_NEEDS } from "../support/cluster/cluster.ts";
import { type DanmWorld, deleteWorkloads, withDanm } from "../support/cluster/danm_world.ts";
import { DEPLOYMENT_GUIDE } from "../support/deployment_guide.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { toStderr } from "../support/progress.ts";
import { useTokenOfAnotherNode } from "./faults/node_token.ts";
import { deleteByForce, loseApiServer, restartDaemons } from "./faults/restarts.ts";
import { moveStatefulSet } from "./faults/stateful_set.ts";
import { rebootAll, rebootOne } from "./faults/reboot.ts";
import { upgrade } from "./faults/upgrade.ts";

/** What is done to the cluster, in this order. After each of them all Pods are deleted, and nothing of them may stay. */
const FAULTS: Readonly<Record<string, (world: DanmWorld) => Promise<void>>> = {
  "a node's token is used against another node's objects": useTokenOfAnotherNode,
  "a Pod of a StatefulSet comes back on another node": moveStatefulSet,
  "Pods are deleted by force": deleteByForce,
  "kubelet and containerd end and start while Pods come and go": restartDaemons,
  "a node loses power": rebootOne,
  "all nodes lose power": rebootAll,
  "the API server is away for a minute while Pods come and go": loseApiServer,
  "another version is installed, and the one before again": upgrade,
};

labTest("DANM on a cluster where things go wrong", CLUSTER_NEEDS, async (t) => {
  const guide = await Deno.readTextFile(DEPLOYMENT_GUIDE);
  const rows: string[] = [];
  await withDanm({ kind: "native" }, async (world) => {
    for (const [name, fault] of Object.entries(FAULTS)) {
      const began = performance.now();
      const passed = await t.step(name, async () => {
        assert(guide.includes(`\n| ${name} `), "the deployment guide does not have it in its table");
        try {
          await fault(world);
        } finally {
          await deleteWorkloads(world);
        }
      });
      rows.push(`| ${name} | ${passed ? "passed" : "FAILED"} | ${Math.round((performance.now() - began) / 1000)} s |`);
    }
  });
  toStderr(["| fault | result | took |", "| --- | --- | --- |", ...rows].join("\n"));
});
