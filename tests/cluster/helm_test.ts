import { assertEquals } from "@std/assert";
import { HelmChart, RELEASE } from "../integration/manifests/helm_chart.ts";
import { CLUSTER_NEEDS, startCluster } from "../support/cluster/cluster.ts";
import { ClusterPods } from "../support/cluster/cluster_pods.ts";
import { DanmCluster } from "../support/cluster/danm_cluster.ts";
import { endpointsOf } from "../support/cluster/danm_endpoints.ts";
import { listInstalled, untilNoPodTraces } from "../support/cluster/danm_traces.ts";
import { shellDeployment } from "../support/cluster/shell_deployment.ts";
import { buildLabImages } from "../support/images/lab_images.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { toStderr } from "../support/progress.ts";

labTest("helm puts DANM on the nodes of a cluster, and takes it off", CLUSTER_NEEDS, async (t) => {
  const images = await buildLabImages(toStderr);
  await using chart = await HelmChart.make();
  await using cluster = await startCluster({ nodes: 2, nodeKind: "native" });
  const { lab } = cluster;
  const before = await Promise.all(cluster.nodes.map(listInstalled));
  for (const { archive } of images) await cluster.importImage(archive);
  for (const round of ["the first time", "again, on the kinds that stayed"]) {
    await t.step(`installed ${round}, it attaches Pods`, async () => {
      await chart.helm(["install", ...RELEASE, chart.path], { lab });
      // Helm's own --wait is content while as many installers are missing as may be unavailable: one of two.
      await new DanmCluster(cluster).untilReady();
      await cluster.apply(shellDeployment({ name: "plain", replicas: 2 }));
      const pods = new ClusterPods(cluster);
      await pods.ready(2, { selector: "app=plain" });
      const attached = (await endpointsOf(cluster, "plain-")).map(({ network }) => network);
      assertEquals(attached, ["default", "default"]);
      await cluster.kubectl(["delete", "deployment", "plain"]);
      await pods.gone();
      await untilNoPodTraces(cluster);
    });
    await t.step("removed, it leaves the kinds in the API and nothing on the nodes", async () => {
      await chart.helm(["uninstall", ...RELEASE, "--wait", "--timeout=180s"], { lab });
      assertEquals(await Promise.all(cluster.nodes.map(listInstalled)), before);
      assertEquals(
        await cluster.kubectl(["get", "clusternetworks", "-o", "name"]),
        "clusternetwork.danm.io/default\n",
      );
    });
  }
});
