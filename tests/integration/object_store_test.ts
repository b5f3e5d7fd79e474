import { createObjectStore } from "../../ipam/object_store.ts";
import { KubeClient } from "../../shared/kube/client.ts";
import { loadKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { objectStoreContract } from "../support/ipam/object_store_contract.ts";
import { DanmLab } from "../support/danm_lab.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";

labTest("the store of a real cluster keeps the contract, with the rights of the CNI plugin", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  if (!node) throw new TypeError("the lab has no node");
  const target = await loadKubeconfig(danm.kubeconfig(node));
  using client = new KubeClient(target);
  await objectStoreContract(t, createObjectStore(client), node.name);
});
