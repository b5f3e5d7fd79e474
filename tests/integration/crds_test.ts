import { assert, assertEquals } from "@std/assert";
import type { KubeClient } from "../../shared/kube/client.ts";
import { type Address, AddressError, formatAddress, parseAddress, parseCidr } from "../../shared/schema/address.ts";
import { danmIpName } from "../../shared/schema/danm_ip_name.ts";
import { NETWORK_KINDS } from "../../shared/schema/network.ts";
import { crdName, type Kind, resourcePath, RESOURCES } from "../../shared/schema/resources.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import { applyCrds, assertJudged, clientFor, objectOf, pathOf, refusal, tryCreate } from "./crd_cases/api.ts";
import type { CrdCase } from "./crd_cases/case.ts";
import { NETWORK_CASES } from "./crd_cases/network_cases.ts";
import { BROKEN_ORIGINALS, ORIGINAL_CASES } from "./crd_cases/original_cases.ts";
import { OTHER_CASES } from "./crd_cases/other_cases.ts";
import { subnetTexts, v6Values } from "./crd_cases/subnet_texts.ts";

const KINDS = Object.keys(RESOURCES) as Kind[];
const MERGE = { contentType: "application/merge-patch+json" } as const;

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

const NETWORK: CrdCase = {
  name: "a network",
  kind: "DanmNet",
  object: { metadata: { name: "fixed", namespace: "default" } },
};

/** What the CRD lets through, the CNI plugin must be able to read, and the other way round. */
async function subnetsAgree(admin: KubeClient): Promise<void> {
  const disagreements: string[] = [];
  for (const text of subnetTexts(400)) {
    const family = familyOf(text);
    for (const [field, accepts] of [["cidr", family === 4], ["net6", family === 6]] as const) {
      const of: CrdCase = {
        name: text,
        kind: "DanmNet",
        object: { spec: { NetworkID: "n", Options: { [field]: text } } },
      };
      const accepted = await tryCreate(admin, of) === undefined;
      if (accepted !== accepts) {
        disagreements.push(`${field} ${text}: the API server ${accepted ? "accepts" : "refuses"}`);
      }
    }
  }
  assertEquals(disagreements, []);
}

async function namesAgree(admin: KubeClient): Promise<void> {
  // Values of IPv4 addresses dressed as IPv6 are none of ours.
  const values = v6Values(200).filter((value) => value >> 32n !== 0xffffn);
  for (const value of values) {
    const object = danmIpOf({ family: 6, value });
    const error = await tryCreate(admin, { name: "any address", kind: "DanmIp", object });
    assertEquals(error?.message, undefined, object.spec.address);
  }
}

/** The family of a subnet as our own code reads it; IPv4 subnets that are too large for a network count as none. */
function familyOf(text: string): 4 | 6 | undefined {
  if (text.length > 49) return undefined;
  try {
    const { family, prefix } = parseCidr(text);
    return family === 4 && prefix < 9 ? undefined : family;
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}

async function typeDefaults(admin: KubeClient): Promise<void> {
  const spec = { NetworkID: "n" };
  const made = await admin.create<{ spec: unknown }>(
    `${pathOf(NETWORK, { collection: true })}?dryRun=All`,
    objectOf({ ...NETWORK, object: { spec } }),
  );
  assertEquals(made.spec, { NetworkID: "n", NetworkType: "ipvlan" });
}

async function addressSpaceIsFixed(admin: KubeClient): Promise<void> {
  const spec = { NetworkID: "n", Options: { address_space: "one" } };
  await admin.create(
    pathOf(NETWORK, { collection: true }),
    objectOf({ ...NETWORK, object: { ...NETWORK.object, spec } }),
  );
  for (const Options of [{ address_space: "two" }, { address_space: null }, null]) {
    const error = await refusal(() => admin.patch(pathOf(NETWORK), { spec: { Options } }, MERGE));
    assertEquals(error?.details?.causes?.[0]?.field, "spec.Options.address_space", JSON.stringify(Options));
  }
  await admin.patch(pathOf(NETWORK), { spec: { Options: { mtu: 1400 } } }, MERGE);
}

async function tenantNetworkIsFixed(admin: KubeClient): Promise<void> {
  const assigned = { host_device: "ens4", device_pool: "", vlan: 5, cidr: "10.0.0.0/24" };
  const of: CrdCase = {
    name: "a tenant's network",
    kind: "TenantNetwork",
    object: { metadata: { name: "assigned", namespace: "default" }, spec: { NetworkID: "n", Options: assigned } },
  };
  await admin.create(pathOf(of, { collection: true }), objectOf(of));
  const changes: [field: string, value: unknown][] = [["host_device", "ens5"], ["host_device", null], ["vlan", 6], [
    "vlan",
    null,
  ], ["vxlan", 6]];
  for (const [field, value] of changes) {
    const error = await refusal(() => admin.patch(pathOf(of), { spec: { Options: { [field]: value } } }, MERGE));
    const fields = error?.details?.causes?.map((cause) => cause.field) ?? [];
    assert(fields.includes(`spec.Options.${field}`), `${field}: ${error?.message}`);
  }
  await admin.patch(pathOf(of), { spec: { Options: { device_pool: null, cidr: "10.0.1.0/24" } } }, MERGE);
}

async function danmIpIsFixed(admin: KubeClient): Promise<void> {
  const path = await createDanmIp(admin, { address: "10.9.0.1", podUID: "uid-1", node: "node-1" });
  for (const spec of [{ podUID: "thief" }, { node: "node-2" }, { containerID: "other" }]) {
    const error = await refusal(() => admin.patch(path, { spec }, MERGE));
    assertEquals(error?.details?.causes?.[0]?.field, "spec", JSON.stringify(spec));
  }
  await admin.patch(path, { metadata: { labels: { a: "b" } } }, MERGE);
}

interface Holder {
  readonly podUID: string;
  readonly node: string;
}

function danmIpOf(
  address: Address,
  holder: Holder = { podUID: "u", node: "n" },
): { metadata: { name: string }; spec: Record<string, string> } {
  const spec = {
    space: "cn.n",
    address: formatAddress(address),
    networkKind: "ClusterNetwork",
    networkNamespace: "",
    networkName: "n",
    podNamespace: "default",
    podName: "p",
    containerID: `cid-${holder.podUID}`,
    interface: "eth0",
    ...holder,
  };
  return { metadata: { name: danmIpName(address, "cn.n") }, spec };
}

async function createDanmIp(admin: KubeClient, { address, ...holder }: Holder & { address: string }): Promise<string> {
  const of: CrdCase = { name: address, kind: "DanmIp", object: danmIpOf(parseAddress(address), holder) };
  await admin.create(pathOf(of, { collection: true }), objectOf(of));
  return pathOf(of);
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

async function shortNames(lab: Lab): Promise<void> {
  for (const kind of KINDS) {
    for (const name of RESOURCES[kind].shortNames) {
      const printed = await lab.kubectl(["get", name, "-A", "-o", "jsonpath={.kind}"]);
      assertEquals(printed, "List", name);
    }
  }
  assert((await lab.kubectl(["get", "danm", "-A"])).includes("danmnet.danm.io/fixed"), "category danm");
}

async function columns(lab: Lab): Promise<void> {
  const heads: [kind: Kind, columns: string[]][] = [
    ["DanmNet", ["NAME", "TYPE", "DEVICE", "VLAN", "VXLAN", "CIDR", "NET6", "AGE"]],
    ["DanmIp", ["NAME", "ADDRESS", "KIND", "NETWORK", "NAMESPACE", "POD", "INTERFACE", "NODE", "AGE"]],
    ["DanmEp", ["NAME", "POD", "INTERFACE", "KIND", "NETWORK", "ADDRESS", "ADDRESSIPV6", "NODE", "AGE"]],
  ];
  for (const [kind, expected] of heads) {
    const printed = await lab.kubectl(["get", RESOURCES[kind].plural]);
    assertEquals(printed.split("\n")[0]?.trim().split(/\s+/), expected);
  }
}

async function explained(lab: Lab): Promise<void> {
  const printed = await lab.kubectl(["explain", "clusternetwork.spec.Options"]);
  assert(printed.includes("Link of the host that interfaces are made on"), printed);
}
