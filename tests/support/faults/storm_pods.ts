import type { DanmLab, TestPod } from "../danm_lab.ts";
import { STORM_NETWORK } from "./storm_calls.ts";
import type { PlannedPod } from "./storm_plan.ts";

/** Creates the Pods of a storm with one command; in the order of their plans. */
export async function createPods(danm: DanmLab, plans: readonly PlannedPod[]): Promise<TestPod[]> {
  const items = plans.map((plan) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: plan.name, namespace: "default", annotations: annotationsOf(plan) },
    spec: { nodeName: danm.lab.nodes[plan.node]?.name, containers: [{ name: "main", image: "lab.local/pause:1" }] },
  }));
  const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const output = 'jsonpath={.metadata.name}={.metadata.uid}{"\\n"}';
  const created = await danm.lab.kubectl(["create", "-o", output, "-f", "-"], { stdin });
  return created.trim().split("\n").map((line) => {
    const [name = "", uid = ""] = line.split("=");
    return { namespace: "default", name, uid };
  });
}

/** `danm` reads what it is to attach from the Pod, `danm-ipam` from its configuration. */
function annotationsOf({ plugin, interfaces }: PlannedPod): Record<string, string> {
  if (plugin !== "danm") return {};
  return { "danm.io/interfaces": JSON.stringify(interfaces.map((one) => ({ clusterNetwork: STORM_NETWORK, ...one }))) };
}
