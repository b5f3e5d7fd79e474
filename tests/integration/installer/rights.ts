import type { Lab } from "../../support/lab/lab.ts";

const BASE = new URL("../../../k8s/base/", import.meta.url).pathname;

/** Names of the Nodes that there are in the API. */
export const NODES = ["node-1", "node-2"] as const;

/** Applies the product's namespace, rights and admission policies, makes the Nodes, and a DaemonSet that starts nothing. */
export async function installRights(lab: Lab): Promise<void> {
  for (const part of ["namespace.yaml", "admission/", "rbac/"]) await lab.kubectl(["apply", "-f", BASE + part]);
  const nodes = NODES.map((name) => ({ apiVersion: "v1", kind: "Node", metadata: { name } }));
  await apply(lab, nodes);
  const patch = JSON.stringify({ status: { nodeInfo: { containerRuntimeVersion: "containerd://2.4.2" } } });
  for (const name of NODES) {
    await lab.kubectl(["patch", "node", name, "--subresource=status", "--type=merge", "--patch", patch]);
  }
  await createDaemonSet(lab);
}

/** Makes the DaemonSet that the installer finds to be its own. */
export async function createDaemonSet(lab: Lab): Promise<void> {
  const labels = { app: "danm-cni" };
  await apply(lab, [{
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "danm-cni", namespace: "danm-system" },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { nodeSelector: { no: "node" }, containers: [{ name: "installer", image: "lab.local/none:1" }] },
      },
    },
  }]);
}

async function apply(lab: Lab, items: readonly object[]): Promise<void> {
  await lab.kubectl(["apply", "-f", "-"], { stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items }) });
}
