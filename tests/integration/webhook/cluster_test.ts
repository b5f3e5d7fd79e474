import { resourcePath } from "../../../shared/schema/resources.ts";
import { API_VERSION } from "../../../shared/schema/meta.ts";
import { KubeCluster } from "../../../webhook/kube_cluster.ts";
import { startLab } from "../../support/lab/lab.ts";
import { labTest } from "../../support/lab/lab_test_case.ts";
import { clusterContract } from "../../support/webhook/cluster_contract.ts";
import { clientFor } from "../../support/kube/client_for.ts";
import { applyCrds } from "../crd_cases/api.ts";

labTest("the cluster of a real API server keeps the contract", {}, async (t) => {
  await using lab = await startLab({ nodes: 0 });
  await applyCrds(lab);
  using admin = await clientFor(lab.admin);
  await clusterContract(t, new KubeCluster(admin), async (manifest) => {
    const { namespace } = manifest.metadata;
    await admin.create(resourcePath(manifest.kind, { namespace }), { apiVersion: API_VERSION, ...manifest });
  });
});
