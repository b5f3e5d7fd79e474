import { assertEquals } from "@std/assert";
import type { KubeClient } from "../../shared/kube/client.ts";
import { NETWORK_KINDS } from "../../shared/schema/network.ts";
import { crdName, type Kind, resourcePath, RESOURCES } from "../../shared/schema/resources.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import { namesAgree, subnetsAgree } from "./crd_cases/agreement.ts";
import { clientFor } from "../support/kube/client_for.ts";
import { applyCrds, assertJudged, MERGE, objectOf, pathOf, refusal, tryCreate } from "./crd_cases/api.ts";
import type { CrdCase } from "./crd_cases/case.ts";
import { createDanmIp } from "./crd_cases/danm_ips.ts";
import { addressSpaceIsFixed, danmIpIsFixed, NETWORK, tenantNetworkIsFixed } from "./crd_cases/immutability.ts";
import { NETWORK_CASES } from "./crd_cases/network_cases.ts";
import { BROKEN_ORIGINALS, ORIGINAL_CASES } from "./crd_cases/original_cases.ts";
import { OTHER_CASES } from "./crd_cases/other_cases.ts";
import { columns, explained, shortNames } from "./crd_cases/presentation.ts";

const KINDS = Object.keys(RESOURCES) as Kind[];

Deno.test("the CRDs on a real API server", async (t) => {
  await using lab = await startLab({ nodes: 0 });
  using admin = await clientFor(lab.admin);

  await t.step("a cluster of the original has objects, also some that broke the rules", async () => {
    await applyOriginalCrds(lab);
    for (const of of BROKEN_ORIGINALS) await admin.create(pathOf(of, { collection: true }), objectOf(of));
  });

  await t.step("are installed over those of the original, structural and established", async () => {
    await applyCrds(lab);
    const crds = JSON.parse(await lab.kubectl(["get", "crd", ...KINDS.map(crdName), "-o", "json"]));
    for (const { metadata, status } of crds.items) {
      const types = status.conditions.filter(({ status }: { status: string }) => status === "True");
      assertEquals(
        types.map(({ type }: { type: string }) => type).sort(),
        ["Established", "NamesAccepted"],
        metadata.name,
      );
    }
  });

  for (const of of BROKEN_ORIGINALS) await t.step(`stay editable: ${of.name}`, () => brokenStaysEditable(admin, of));
  for (const of of [...ORIGINAL_CASES, ...NETWORK_CASES, ...OTHER_CASES]) {
    const verdict = of.denied === undefined ? "accept" : "refuse";
    await t.step(`${verdict} ${of.kind}: ${of.name}`, async () => assertJudged(of, await tryCreate(admin, of)));
  }

  await t.step("the API server and parseCidr agree on what a subnet is", () => subnetsAgree(admin));
  await t.step("a DanmIp of any address has the name and the form that the API server wants", () => namesAgree(admin));
  await t.step("the NetworkType defaults to ipvlan", () => typeDefaults(admin));
  await t.step("an address space never changes", () => addressSpaceIsFixed(admin));
  await t.step("what a TenantNetwork was assigned never changes", () => tenantNetworkIsFixed(admin));
  await t.step("the spec of a DanmIp never changes", () => danmIpIsFixed(admin));
  await t.step("objects are found by selectable fields", () => selectableFields(admin));
  await t.step("status is a subresource with typed conditions", () => statusIsSeparate(admin));
  await t.step("every kind is known by its short names", () => shortNames(lab));
  await t.step("kubectl get shows what people look for", () => columns(lab));
  await t.step("kubectl explain explains every field", () => explained(lab));
});

/** CRDs like the original's: no schema to speak of. */
async function applyOriginalCrds(lab: Lab): Promise<void> {
  const items = NETWORK_KINDS.map((kind) => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: crdName(kind) },
    spec: {
      group: "danm.io",
      names: { kind, plural: RESOURCES[kind].plural },
      scope: RESOURCES[kind].scope,
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      }],
    },
  }));
  await lab.kubectl(["apply", "--server-side", "-f", "-"], {
    stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items }),
  });
  await lab.kubectl(["wait", "--for=condition=Established", "--timeout=30s", "crd", ...NETWORK_KINDS.map(crdName)]);
}

async function brokenStaysEditable(admin: KubeClient, of: CrdCase): Promise<void> {
  const path = pathOf(of);
  await admin.patch(path, { metadata: { labels: { touched: "yes" } } }, MERGE);
  await admin.patch(path, { spec: { Options: { alloc: null } } }, MERGE);
  await admin.patch(path, { spec: { Options: { mtu: 1400 } } }, MERGE);
  const stored = await admin.get<{ spec: { Options: Record<string, unknown> } }>(path);
  assertEquals(stored.spec.Options.mtu, 1400);
  assertEquals(stored.spec.Options.alloc, undefined);
  const error = await refusal(() => admin.patch(path, { spec: { Options: { rt_tables: 255 } } }, MERGE));
  assertEquals(error?.details?.causes?.[0]?.field, "spec.Options.rt_tables");
  // The same object, made anew, is refused: so it was the stored one that was tolerated.
  const { spec, ...object } = of.object;
  assertJudged(
    of,
    await tryCreate(admin, { ...of, object: { ...object, metadata: { ...object.metadata, name: "anew" }, spec } }),
  );
}

async function typeDefaults(admin: KubeClient): Promise<void> {
  const spec = { NetworkID: "n" };
  const made = await admin.create<{ spec: unknown }>(
    `${pathOf(NETWORK, { collection: true })}?dryRun=All`,
    objectOf({ ...NETWORK, object: { spec } }),
  );
  assertEquals(made.spec, { NetworkID: "n", NetworkType: "ipvlan" });
}

async function selectableFields(admin: KubeClient): Promise<void> {
  await createDanmIp(admin, { address: "10.9.0.2", podUID: "uid-2", node: "node-2" });
  const endpoint = (name: string, more: Record<string, unknown>): Record<string, unknown> => ({
    apiVersion: "danm.io/v1",
    kind: "DanmEp",
    metadata: { name },
    spec: { NetworkName: "n", apiType: "DanmNet", Interface: { Name: "eth0" }, ...more },
  });
  const eps = resourcePath("DanmEp", { namespace: "default" });
  await admin.create(eps, endpoint("ep-1", { Host: "node-1", CID: "c1", PodUID: "u1" }));
  await admin.create(
    eps,
    endpoint("ep-2", { Host: "node-2", CID: "c2", PodUID: "u2", NetworkName: "m", apiType: "ClusterNetwork" }),
  );
  const selections: [path: string, fieldSelector: string, names: string[]][] = [
    [resourcePath("DanmIp"), "spec.node=node-2", ["10.9.0.2.cn.n"]],
    [resourcePath("DanmIp"), "spec.podUID=uid-1", ["10.9.0.1.cn.n"]],
    [resourcePath("DanmIp"), "spec.containerID=cid-uid-2", ["10.9.0.2.cn.n"]],
    [resourcePath("DanmIp"), "spec.space=cn.n", ["10.9.0.1.cn.n", "10.9.0.2.cn.n"]],
    [resourcePath("DanmIp"), "spec.space=cn.other", []],
    [eps, "spec.Host=node-1", ["ep-1"]],
    [eps, "spec.CID=c2", ["ep-2"]],
    [eps, "spec.PodUID=u1", ["ep-1"]],
    [eps, "spec.NetworkName=m,spec.apiType=ClusterNetwork", ["ep-2"]],
  ];
  for (const [path, fieldSelector, names] of selections) {
    const found = await admin.list<{ metadata: { name: string } }>(path, { fieldSelector });
    assertEquals(found.map(({ metadata }) => metadata.name).sort(), names, fieldSelector);
  }
}

async function statusIsSeparate(admin: KubeClient): Promise<void> {
  const path = pathOf(NETWORK);
  const condition = {
    type: "LegacyMigrated",
    status: "True",
    reason: "Done",
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
  const status = { ipv4: { capacity: 254, allocated: 3 }, conditions: [condition] };
  await admin.patch(path, { status }, MERGE);
  assertEquals((await admin.get<{ status?: unknown }>(path)).status, undefined);
  await admin.patch(`${path}/status`, { status }, MERGE);
  assertEquals((await admin.get<{ status?: unknown }>(path)).status, status);
  const wrong = await refusal(() =>
    admin.patch(`${path}/status`, { status: { conditions: [{ ...condition, status: "Yes" }] } }, MERGE)
  );
  assertEquals(wrong?.details?.causes?.[0]?.field, "status.conditions[0].status");
}
