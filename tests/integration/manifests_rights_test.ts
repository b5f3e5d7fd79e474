import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Forbidden } from "../../shared/kube/api_error.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import { SYSTEM_NAMESPACE } from "../../shared/schema/meta.ts";
import { resourcePath } from "../../shared/schema/resources.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import { waitFor } from "../support/wait.ts";
import { assertTypesAreRight } from "./admission/policy_types.ts";
import { clientFor } from "../support/kube/client_for.ts";
import { MERGE, refusal } from "./crd_cases/api.ts";
import { FLAVOURS, overlayPath } from "./manifests/rendered.ts";
import { type Grant, grants, RIGHTS, rightsIn } from "./manifests/rights.ts";

const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
const POLICIES = ["danm-installer-tokens", "danm-installer-labels", "danm-installer-networks"];

for (const flavour of FLAVOURS) {
  Deno.test(`${flavour}: who may do what`, async (t) => {
    await using lab = await startLab({ nodes: 0 });
    await lab.kubectl(["apply", "-k", overlayPath(flavour)], { timeoutMs: 120_000 });
    await t.step("ServiceAccounts may do what they must, and nothing else", () => serviceAccounts(lab));
    await t.step("users of a namespace may do what their role says", () => users(lab, grants(flavour)));
    if (flavour === "production") await installerScope(t, lab);
  });
}

async function serviceAccounts(lab: Lab): Promise<void> {
  const prefix = `system:serviceaccount:${SYSTEM_NAMESPACE}:`;
  for (const [name, { everywhere = [], [SYSTEM_NAMESPACE]: inOurs = [] }] of Object.entries(RIGHTS)) {
    for (
      const [namespace, rights] of [["default", everywhere], [SYSTEM_NAMESPACE, [...everywhere, ...inOurs]]] as const
    ) {
      // What everybody may who is somebody.
      const anybody = await rightsIn(lab, { user: `${prefix}anybody`, namespace });
      const found = await rightsIn(lab, { user: `${prefix}${name}`, namespace });
      assertEquals(found.filter((right) => !anybody.includes(right)), [...rights].sort(), `${name} in ${namespace}`);
    }
  }
}

async function users(lab: Lab, table: readonly Grant[]): Promise<void> {
  for (const role of ["view", "edit", "admin"]) {
    await lab.kubectl(["create", "rolebinding", role, `--clusterrole=${role}`, `--user=${role}`, "-n", "default"]);
  }
  const allowed = async (user: string): Promise<Set<string>> => {
    const rights = await rightsIn(lab, { user, namespace: "default" });
    return new Set(rights.flatMap((right) => {
      const [verbs = "", resource = ""] = right.split(" ");
      return verbs.split(",").map((verb) => `${verb} ${resource}`);
    }));
  };
  // The controller manager puts the aggregated roles together.
  await waitFor("the roles to be aggregated", async () => (await allowed("view")).has("get danmeps.danm.io"));
  for (const { role, resource, verbs } of table) {
    const may = await allowed(role);
    const found = VERBS.filter((verb) => may.has(`${verb} ${resource}.danm.io`));
    assertEquals(found.join(" "), verbs, `${role}: ${resource}`);
  }
}

async function installerScope(t: Deno.TestContext, lab: Lab): Promise<void> {
  const nodes = ["node-1", "node-2"].map((name) => ({ apiVersion: "v1", kind: "Node", metadata: { name } }));
  const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items: nodes });
  await lab.kubectl(["apply", "-f", "-"], { stdin });
  // Without its webhook the installer's ClusterNetwork would wait for it.
  await lab.kubectl(["delete", "mutatingwebhookconfiguration,validatingwebhookconfiguration", "danm-webhook"]);
  using installer = await clientFor(await lab.serviceAccount(SYSTEM_NAMESPACE, "danm-installer", { node: "node-1" }));
  using unbound = await clientFor(await lab.serviceAccount(SYSTEM_NAMESPACE, "danm-installer"));
  using admin = await clientFor(lab.admin);
  await waitFor("the policies to be enforced", async () => {
    const refusals = [
      await refusal(() => installer.create(TOKENS, tokenRequest({ node: "node-2" }))),
      await refusal(() => installer.patch("/api/v1/nodes/node-2?dryRun=All", labels({}), MERGE)),
      await refusal(() => installer.create(`${resourcePath("ClusterNetwork")}?dryRun=All`, network("probe"))),
    ];
    return refusals.every((error) => error instanceof Forbidden);
  });
  await t.step(
    "the API server finds nothing wrong in the installer's policies",
    () => assertTypesAreRight(admin, POLICIES),
  );
  await t.step("the installer gets tokens of its own node only", () => tokens({ installer, unbound }));
  await t.step(
    "the installer changes labels of ours of its own node only",
    () => nodeLabels({ installer, unbound, admin }),
  );
  await t.step("the installer makes the network default only", async () => {
    const path = resourcePath("ClusterNetwork");
    assertDenied(await refusal(() => installer.create(path, network("other"))), "may make the network default only");
    assertEquals(await refusal(() => installer.create(path, network("default"))), undefined);
    assertEquals(await refusal(() => admin.create(path, network("other"))), undefined);
  });
}

const TOKENS = `/api/v1/namespaces/${SYSTEM_NAMESPACE}/serviceaccounts/danm-cni/token`;

function tokenRequest({ node, kind = "Node", seconds = 86_400 }: {
  node?: string;
  kind?: string;
  seconds?: number;
}): Record<string, unknown> {
  const bound = node === undefined ? {} : { boundObjectRef: { apiVersion: "v1", kind, name: node } };
  return {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: seconds, ...bound },
  };
}

function labels(values: Readonly<Record<string, string | null>>): Record<string, unknown> {
  return { metadata: { labels: values } };
}

function network(name: string): Record<string, unknown> {
  const spec = { NetworkID: "bridge", NetworkType: "bridge" };
  return { apiVersion: "danm.io/v1", kind: "ClusterNetwork", metadata: { name }, spec };
}

/** Refused by a policy, not by RBAC. */
function assertDenied(error: Error | undefined, message: string): void {
  assert(error instanceof Forbidden, `not refused: ${error?.message}`);
  assertStringIncludes(error.message, message);
}

async function tokens({ installer, unbound }: Record<"installer" | "unbound", KubeClient>): Promise<void> {
  const ask = (client: KubeClient, request: Parameters<typeof tokenRequest>[0]): Promise<Error | undefined> =>
    refusal(() => client.create(TOKENS, tokenRequest(request)));
  const own = "must be bound to the node of its own";
  assertEquals(await ask(installer, { node: "node-1" }), undefined);
  assertDenied(await ask(installer, { node: "node-2" }), own);
  assertDenied(await ask(installer, {}), own);
  assertDenied(await ask(installer, { node: "node-1", kind: "Pod" }), own);
  assertDenied(await ask(installer, { node: "node-1", seconds: 604_800 }), "within 86400 seconds");
  assertDenied(await ask(unbound, { node: "node-1" }), "which is bound to none");
}

async function nodeLabels(
  { installer, unbound, admin }: Record<"installer" | "unbound" | "admin", KubeClient>,
): Promise<void> {
  const patch = (client: KubeClient, node: string, change: unknown): Promise<Error | undefined> =>
    refusal(() => client.patch(`/api/v1/nodes/${node}`, change, MERGE));
  const ours = labels({ "danm.io/ipvlan": "true" });
  assertEquals(await patch(admin, "node-1", labels({ zone: "a" })), undefined);
  assertEquals(await patch(installer, "node-1", ours), undefined);
  assertEquals(await patch(installer, "node-1", labels({ "danm.io/ipvlan": null })), undefined);
  assertDenied(await patch(installer, "node-2", ours), "the node of its own token only");
  assertDenied(await patch(unbound, "node-1", ours), "which is bound to none");
  const others = "labels of a Node that begin with danm.io/";
  assertDenied(await patch(installer, "node-1", labels({ "node-role.kubernetes.io/control-plane": "" })), others);
  assertDenied(await patch(installer, "node-1", labels({ zone: "b" })), others);
  assertDenied(await patch(installer, "node-1", labels({ zone: null })), others);
  assertDenied(await patch(installer, "node-1", { spec: { unschedulable: true } }), "only labels of a Node");
  assertDenied(await patch(installer, "node-1", { metadata: { annotations: { a: "b" } } }), "only labels of a Node");
  assertEquals(await patch(admin, "node-2", { spec: { unschedulable: true } }), undefined);
}
