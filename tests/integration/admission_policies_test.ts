import { assert, assertEquals } from "@std/assert";
import { Forbidden } from "../../shared/kube/api_error.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import { resourcePath } from "../../shared/schema/resources.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import { waitFor } from "../support/wait.ts";
import { type Actors, createActors, install } from "./admission/actors.ts";
import { danmEp, danmIp, danmIpPath, EPS, network, NETWORKS } from "./admission/objects.ts";
import { assertTypesAreRight } from "./admission/policy_types.ts";
import { clientFor } from "../support/kube/client_for.ts";
import { MERGE, refusal } from "./crd_cases/api.ts";

const POLICIES = ["danm-attachment-writers", "danm-node-scope", "danm-pod-annotations", "danm-address-space"];

const STATUS_ANNOTATION = "k8s.v1.cni.cncf.io/network-status";

Deno.test("admission policies on a real API server", async (t) => {
  await using lab = await startLab({ nodes: 0 });
  using stack = new DisposableStack();
  const admin = stack.use(await clientFor(lab.admin));
  await install(lab);
  const actors: Actors = await createActors(lab, { admin, use: (client) => stack.use(client) });
  await waitUntilEnforced(actors.tenant);

  await t.step("the API server finds nothing wrong in their expressions", () => assertTypesAreRight(admin, POLICIES));
  await t.step("only DANM writes DanmIps and DanmEps", () => onlyDanmWrites(actors));
  await t.step("an administrator deletes what is stuck, and takes finalizers off", () => administratorDeletes(actors));
  await t.step("the garbage of a namespace is collected", () => namespaceGoes(lab, actors));
  await t.step("what an owner leaves is collected", () => ownedGoes(actors));
  await t.step("the token of a node holds for its own node", () => nodeScope(actors));
  await t.step("an endpoint of the original under the host's name can be deleted", () => hostnameCounts(actors));
  await t.step("a token that is bound to no node holds for nothing", () => unboundIsUseless(actors));
  await t.step("the token of a node writes the status annotation of its own Pods", () => podAnnotations(actors));
  await t.step("an address space is for administrators", () => addressSpace(actors));
  await t.step("the CNI plugin may do what it needs, and no more", () => leastPrivilege(actors));
});

/** A policy takes a moment to be enforced after it was created. */
async function waitUntilEnforced(tenant: KubeClient): Promise<void> {
  await waitFor("the policies to be enforced", async () => {
    const errors = [
      await refusal(() => tenant.create(`${resourcePath("DanmIp")}?dryRun=All`, danmIp("10.9.9.9", "node-1"))),
      await refusal(() => tenant.create(`${NETWORKS}?dryRun=All`, network({ address_space: "probe" }))),
    ];
    return errors.every((error) => error instanceof Forbidden);
  });
}

/** The request is refused by the policy, with this in the message; RBAC's own refusals do not count. */
async function assertDenied(request: () => Promise<unknown>, policy: string, message: string): Promise<void> {
  const error = await refusal(request);
  assert(error, `accepted, although ${policy} should deny it: ${message}`);
  const isPolicy = error.text.includes(`ValidatingAdmissionPolicy '${policy}'`);
  assert(isPolicy && error.text.includes(message), `not denied by ${policy} with ${message}: ${error.message}`);
}

async function onlyDanmWrites({ admin, tenant, cleaner, node1 }: Actors): Promise<void> {
  const policy = "danm-attachment-writers";
  await node1.create(resourcePath("DanmIp"), danmIp("10.0.0.1", "node-1"));
  await node1.create(EPS, danmEp("ep-1", "node-1"));
  for (const [who, client] of Object.entries({ "tenant": tenant, "lab-admin": admin })) {
    const says = `are written by DANM only, not by ${who}`;
    await assertDenied(
      () => client.create(resourcePath("DanmIp"), danmIp("10.0.0.2", "node-1")),
      policy,
      `danmips ${says}`,
    );
    await assertDenied(() => client.create(EPS, danmEp("ep-2", "node-1")), policy, `danmeps ${says}`);
    await assertDenied(
      () => client.patch(`${EPS}/ep-1`, { spec: { Host: "node-2" } }, MERGE),
      policy,
      `danmeps ${says}`,
    );
  }
  await assertDenied(
    () => tenant.delete(danmIpPath("10.0.0.1")),
    policy,
    "danmips are written by DANM only, not by tenant",
  );
  await assertDenied(() => tenant.delete(`${EPS}/ep-1`), policy, "danmeps are written by DANM only, not by tenant");
  await assertDenied(
    () => tenant.patch(`${EPS}/ep-1`, { metadata: { labels: { a: "b" } } }, MERGE),
    policy,
    "not by tenant",
  );
  await assertDenied(() => tenant.delete(EPS), policy, "danmeps are written by DANM only, not by tenant");
  await cleaner.create(resourcePath("DanmIp"), danmIp("10.0.0.3", "node-2"));
  await cleaner.patch(`${EPS}/ep-1`, { spec: { Interface: { MacAddress: "02:00:00:00:00:01" } } }, MERGE);
  await cleaner.delete(danmIpPath("10.0.0.3"));
  await node1.delete(`${EPS}/ep-1`);
  await node1.delete(danmIpPath("10.0.0.1"));
}

async function administratorDeletes({ admin, cleaner }: Actors): Promise<void> {
  await cleaner.create(EPS, danmEp("stuck", "node-1", { finalizers: ["example.com/stuck"] }));
  await cleaner.create(resourcePath("DanmIp"), danmIp("10.0.0.4", "node-1"));
  await admin.delete(`${EPS}/stuck`);
  await admin.patch(`${EPS}/stuck`, { metadata: { finalizers: null } }, MERGE);
  await admin.delete(danmIpPath("10.0.0.4"));
  assertEquals(await admin.list(EPS), []);
  assertEquals(await admin.list(resourcePath("DanmIp")), []);
}

async function namespaceGoes(lab: Lab, { cleaner, admin }: Actors): Promise<void> {
  await lab.kubectl(["create", "namespace", "leaving"]);
  const path = resourcePath("DanmEp", { namespace: "leaving" });
  await cleaner.create(path, danmEp("left", "node-1"));
  await lab.kubectl(["delete", "namespace", "leaving", "--wait=false"]);
  await waitFor(
    "the namespace to be gone",
    async () => (await refusal(() => admin.get("/api/v1/namespaces/leaving")))?.status === 404,
  );
}

async function ownedGoes({ cleaner, admin }: Actors): Promise<void> {
  const owner = await admin.create<{ metadata: { uid: string } }>("/api/v1/namespaces/default/configmaps", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "owner" },
  });
  const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.metadata.uid }];
  await cleaner.create(EPS, danmEp("owned", "node-1", { ownerReferences }));
  await admin.delete("/api/v1/namespaces/default/configmaps/owner");
  await waitFor("the DanmEp to follow its owner", async () => (await admin.list(EPS)).length === 0);
}

async function nodeScope({ node1, node2, netwatcher1, cleaner }: Actors): Promise<void> {
  const policy = "danm-node-scope";
  await node1.create(resourcePath("DanmIp"), danmIp("10.0.0.5", "node-1"));
  await node1.create(EPS, danmEp("ep-5", "node-1"));
  const foreign = "must be node-1, the node of this token, not node-2";
  await assertDenied(
    () => node1.create(resourcePath("DanmIp"), danmIp("10.0.0.6", "node-2")),
    policy,
    `spec.node ${foreign}`,
  );
  await assertDenied(() => node1.create(EPS, danmEp("ep-6", "node-2")), policy, `spec.Host ${foreign}`);
  await assertDenied(() => node2.delete(danmIpPath("10.0.0.5")), policy, "belongs to node node-1 (spec.node)");
  await assertDenied(() => node2.delete(`${EPS}/ep-5`), policy, "belongs to node node-1 (spec.Host)");
  await netwatcher1.patch(`${EPS}/ep-5`, { spec: { Pod: "p" } }, MERGE);
  await assertDenied(
    () => netwatcher1.patch(`${EPS}/ep-5`, { spec: { Host: "node-2" } }, MERGE),
    policy,
    `spec.Host ${foreign}`,
  );
  await cleaner.patch(`${EPS}/ep-5`, { spec: { Host: "node-2" } }, MERGE);
  const grab = { spec: { Host: "node-1" } };
  await assertDenied(() => netwatcher1.patch(`${EPS}/ep-5`, grab, MERGE), policy, "belongs to node node-2 (spec.Host)");
  await cleaner.patch(`${EPS}/ep-5`, grab, MERGE);
  await node1.delete(`${EPS}/ep-5`);
  await node1.delete(danmIpPath("10.0.0.5"));
}

async function hostnameCounts({ node1, cleaner, admin }: Actors): Promise<void> {
  await cleaner.create(EPS, danmEp("long", "node-1.example.com"));
  await cleaner.create(EPS, danmEp("none", ""));
  await cleaner.create(EPS, danmEp("other", "node-10"));
  await node1.delete(`${EPS}/long`);
  await assertDenied(() => node1.delete(`${EPS}/none`), "danm-node-scope", "belongs to node  (spec.Host)");
  await assertDenied(() => node1.delete(`${EPS}/other`), "danm-node-scope", "belongs to node node-10");
  for (const name of ["none", "other"]) await admin.delete(`${EPS}/${name}`);
}

async function unboundIsUseless({ unbound, cleaner, admin }: Actors): Promise<void> {
  const says = "is not bound to a node";
  await assertDenied(() => unbound.create(EPS, danmEp("ep-7", "node-1")), "danm-node-scope", says);
  await assertDenied(() => unbound.create(EPS, danmEp("ep-7", "")), "danm-node-scope", says);
  await cleaner.create(resourcePath("DanmIp"), danmIp("10.0.0.7", "node-1"));
  await assertDenied(() => unbound.delete(danmIpPath("10.0.0.7")), "danm-node-scope", says);
  await admin.delete(danmIpPath("10.0.0.7"));
}

async function podAnnotations({ admin, node1, node2, unbound }: Actors): Promise<void> {
  const policy = "danm-pod-annotations";
  const path = "/api/v1/namespaces/default/pods/p";
  await waitFor("the default ServiceAccount", () => admin.get("/api/v1/namespaces/default/serviceaccounts/default"));
  await admin.create("/api/v1/namespaces/default/pods", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", annotations: { keep: "this" }, labels: { app: "web" } },
    spec: { nodeName: "node-1", containers: [{ name: "c", image: "lab.local/none" }] },
  });
  const status = { metadata: { annotations: { [STATUS_ANNOTATION]: "[]" } } };
  await node1.patch(`${path}/status`, status, MERGE);
  const { metadata } = await admin.get<{ metadata: { uid: string; annotations: unknown } }>(path);
  assertEquals(metadata.annotations, { keep: "this", [STATUS_ANNOTATION]: "[]" });
  const { uid } = metadata;
  await node1.patch(`${path}/status`, { metadata: { uid, ...status.metadata } }, MERGE);
  const ofAnother = { metadata: { uid: crypto.randomUUID(), annotations: { [STATUS_ANNOTATION]: "[{}]" } } };
  const error = await refusal(() => node1.patch(`${path}/status`, ofAnother, MERGE));
  assertEquals([error?.status, error?.details?.causes?.[0]?.field], [422, "metadata.uid"], error?.message);
  await node1.patch(`${path}/status`, { metadata: { annotations: { [STATUS_ANNOTATION]: null } } }, MERGE);
  await assertDenied(() => node2.patch(`${path}/status`, status, MERGE), policy, "the Pod is on node node-1");
  await assertDenied(() => unbound.patch(`${path}/status`, status, MERGE), policy, "the token belongs to no node");
  const refused: [patch: Record<string, unknown>, message: string][] = [
    [{ status: { phase: "Failed" } }, "neither spec nor status"],
    [{ status: { podIP: "10.0.0.9", podIPs: [{ ip: "10.0.0.9" }] } }, "neither spec nor status"],
    [{ metadata: { labels: { app: "other" } } }, "not labels"],
    [{ metadata: { labels: null } }, "not labels"],
    [{ metadata: { finalizers: ["example.com/x"] } }, "not labels, finalizers"],
    [
      { metadata: { annotations: { "danm.io/interfaces": "[]" } } },
      "only the annotation k8s.v1.cni.cncf.io/network-status",
    ],
    [
      { metadata: { annotations: { "k8s.v1.cni.cncf.io/networks": "other" } } },
      "only the annotation k8s.v1.cni.cncf.io/network-status",
    ],
    [{ metadata: { annotations: { keep: "that" } } }, "only the annotation k8s.v1.cni.cncf.io/network-status"],
    [{ metadata: { annotations: { keep: null } } }, "only the annotation k8s.v1.cni.cncf.io/network-status"],
  ];
  for (const [patch, message] of refused) {
    await assertDenied(() => node1.patch(`${path}/status`, patch, MERGE), policy, message);
  }
}

async function addressSpace({ admin, tenant }: Actors): Promise<void> {
  await assertDenied(
    () => tenant.create(NETWORKS, network({ address_space: "shared" })),
    "danm-address-space",
    "spec.Options.address_space may be set only by who may create ClusterNetworks, not by tenant",
  );
  await tenant.create(NETWORKS, network({ address_space: "" }));
  await admin.delete(`${NETWORKS}/n`);
  await tenant.create(NETWORKS, network({}));
  const error = await refusal(() =>
    tenant.patch(`${NETWORKS}/n`, { spec: { Options: { address_space: "shared" } } }, MERGE)
  );
  assertEquals(error?.details?.causes?.[0]?.field, "spec.Options.address_space");
  await tenant.delete(`${NETWORKS}/n`);
  await admin.create(NETWORKS, network({ address_space: "shared" }));
}

async function leastPrivilege({ node1 }: Actors): Promise<void> {
  const expected: [verb: string, resource: string, allowed: boolean][] = [
    ["get", "pods", true],
    ["list", "pods", false],
    ["patch", "pods/status", true],
    ["update", "pods/status", false],
    ["patch", "pods", false],
    ["get", "danmnets.danm.io", true],
    ["get", "tenantnetworks.danm.io", true],
    ["get", "clusternetworks.danm.io", true],
    ["update", "clusternetworks.danm.io", false],
    ["patch", "danmnets.danm.io", false],
    ["get", "danmips.danm.io", true],
    ["list", "danmips.danm.io", true],
    ["create", "danmips.danm.io", true],
    ["delete", "danmips.danm.io", true],
    ["deletecollection", "danmips.danm.io", false],
    ["update", "danmips.danm.io", false],
    ["get", "danmeps.danm.io", true],
    ["list", "danmeps.danm.io", true],
    ["create", "danmeps.danm.io", true],
    ["delete", "danmeps.danm.io", true],
    ["update", "danmeps.danm.io", false],
    ["create", "events.events.k8s.io", true],
    ["get", "secrets", false],
    ["get", "nodes", false],
  ];
  for (const [verb, resource, allowed] of expected) {
    assertEquals(await may(node1, verb, resource), allowed, `${verb} ${resource}`);
  }
}

/** Whether RBAC lets the client do this in any namespace; the resource as `resource/subresource.group`. */
async function may(client: KubeClient, verb: string, name: string): Promise<boolean> {
  const [path = "", ...group] = name.split(".");
  const [resource, subresource] = path.split("/");
  const review = await client.create<{ status: { allowed: boolean } }>(
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { verb, resource, subresource, group: group.join(".") } },
    },
  );
  return review.status.allowed;
}
