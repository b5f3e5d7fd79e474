import { assert, assertEquals } from "@std/assert";
import { RELAY_SOCKET } from "../../shared/schema/relay.ts";
import { CLUSTER_NEEDS, startCluster } from "../support/cluster/cluster.ts";
import { ClusterPods } from "../support/cluster/cluster_pods.ts";
import { DanmCluster, type DanmRelease } from "../support/cluster/danm_cluster.ts";
import { listInstalled, untilNoPodTraces } from "../support/cluster/danm_traces.ts";
import { danmNets, ON_DANM_NETS } from "../support/cluster/danm_workload.ts";
import { assertAttached, type DanmWorld } from "../support/cluster/danm_world.ts";
import { shellDeployment } from "../support/cluster/shell_deployment.ts";
import { buildLabImages } from "../support/images/lab_images.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { toStderr } from "../support/progress.ts";

/** What there could be of ours that belongs to no namespace. */
const KINDS =
  "namespaces,crds,clusterroles,clusterrolebindings,flowschemas,prioritylevelconfigurations,validatingadmissionpolicies," +
  "validatingadmissionpolicybindings,validatingwebhookconfigurations,mutatingwebhookconfigurations";

labTest("the lightweight flavour, from kubectl apply -k to kubectl delete -k", CLUSTER_NEEDS, async (t) => {
  const release: DanmRelease = { overlay: "lightweight", images: await buildLabImages(toStderr) };
  await using cluster = await startCluster({ nodes: 2, nodeKind: "native" });
  const world: DanmWorld = { cluster, release, danm: new DanmCluster(cluster), pods: new ClusterPods(cluster) };
  const installed = await Promise.all(cluster.nodes.map(listInstalled));
  await t.step("is installed, with a relay on each node", async () => {
    await world.danm.apply(release);
    for (const node of cluster.nodes) assert((await listInstalled(node)).includes(RELAY_SOCKET), node.name);
  });
  await t.step("attaches Pods to DanmNets, on which they reach each other across nodes", async () => {
    await cluster.apply(...danmNets({ type: "macvlan", device: cluster.nodes[0]?.machine.uplink ?? "" }));
    await cluster.apply(shellDeployment({ name: "web", replicas: 4, annotations: ON_DANM_NETS }));
    await assertAttached(world, { app: "web", count: 4 });
  });
  await t.step("leaves nothing of Pods that are deleted", async () => {
    await cluster.kubectl(["delete", "deployment", "web"]);
    await world.pods.gone();
    await untilNoPodTraces(cluster);
  });
  await t.step("is removed", async () => {
    await world.danm.delete(release);
    assertEquals(await Promise.all(cluster.nodes.map(listInstalled)), installed);
    assertEquals(await cluster.kubectl(["get", KINDS, "--selector=app.kubernetes.io/part-of=danm", "-o", "name"]), "");
  });
});
