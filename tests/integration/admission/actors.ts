import type { KubeClient } from "../../../shared/kube/client.ts";
import { SYSTEM_NAMESPACE } from "../../../shared/schema/meta.ts";
import type { Lab } from "../../support/lab/lab.ts";
import { clientFor } from "../../support/kube/client_for.ts";
import { applyCrds } from "../crd_cases/api.ts";

const BASE = new URL("../../../k8s/base/", import.meta.url).pathname;

/** Everybody who tries something, each with real credentials and, for the enemies, with every right that RBAC has. */
export interface Actors {
  readonly admin: KubeClient;
  /** The CNI plugin of node-1 and of node-2, with tokens bound to their Nodes. */
  readonly node1: KubeClient;
  readonly node2: KubeClient;
  /** The CNI plugin with a token that is bound to nothing. */
  readonly unbound: KubeClient;
  readonly cleaner: KubeClient;
  /** The netwatcher of node-1; it may also change objects. */
  readonly netwatcher1: KubeClient;
  /** May do everything with danm.io in every namespace, but does not administer the cluster. */
  readonly tenant: KubeClient;
}

/** Installs the CRDs, the policies and the CNI plugin's rights. */
export async function install(lab: Lab): Promise<void> {
  await applyCrds(lab);
  for (const part of ["namespace.yaml", "admission/", "rbac/danm-cni.yaml"]) {
    await lab.kubectl(["apply", "-f", BASE + part]);
  }
}

/** Makes the accounts, their rights and a client for each. */
export async function createActors(
  lab: Lab,
  { admin, use }: { admin: KubeClient; use: (client: KubeClient) => KubeClient },
): Promise<Actors> {
  const meta = { apiVersion: "rbac.authorization.k8s.io/v1" };
  const everything = { apiGroups: ["danm.io"], resources: ["*"], verbs: ["*"] };
  const noNetworks = ["danmeps", "danmips", "danmnets", "tenantnetworks"];
  const items = [
    ...["node-1", "node-2"].map((name) => ({ apiVersion: "v1", kind: "Node", metadata: { name } })),
    ...["danm-cleaner", "danm-netwatcher"].map((name) => ({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace: SYSTEM_NAMESPACE },
    })),
    { ...meta, kind: "ClusterRole", metadata: { name: "all-danm" }, rules: [everything] },
    { ...meta, kind: "ClusterRole", metadata: { name: "tenant" }, rules: [{ ...everything, resources: noNetworks }] },
    binding("cleaner", "all-danm", { kind: "ServiceAccount", name: "danm-cleaner", namespace: SYSTEM_NAMESPACE }),
    binding("netwatcher", "all-danm", { kind: "ServiceAccount", name: "danm-netwatcher", namespace: SYSTEM_NAMESPACE }),
    binding("tenant", "tenant", { kind: "User", name: "tenant", apiGroup: "rbac.authorization.k8s.io" }),
  ];
  await lab.kubectl(["apply", "-f", "-"], { stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items }) });
  const account = async (name: string, node?: string): Promise<KubeClient> =>
    use(await clientFor(await lab.serviceAccount(SYSTEM_NAMESPACE, name, node === undefined ? {} : { node })));
  return {
    admin,
    node1: await account("danm-cni", "node-1"),
    node2: await account("danm-cni", "node-2"),
    unbound: await account("danm-cni"),
    cleaner: await account("danm-cleaner"),
    netwatcher1: await account("danm-netwatcher", "node-1"),
    tenant: use(await clientFor(await lab.user("tenant"))),
  };
}

function binding(name: string, role: string, subject: Record<string, string>): Record<string, unknown> {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [subject],
  };
}
