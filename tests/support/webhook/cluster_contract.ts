import { assert, assertEquals, assertRejects } from "@std/assert";
import { Conflict, NotFound } from "../../../shared/kube/api_error.ts";
import type { Cluster, NetworkRef } from "../../../webhook/cluster.ts";
import { valueAt } from "../../../shared/schema/value_at.ts";
import type { Manifest } from "./memory_cluster.ts";

/** A network of that name, with a bitmap. */
function network(kind: "DanmNet" | "TenantNetwork" | "ClusterNetwork", namespace: string, name: string): Manifest {
  const metadata = kind === "ClusterNetwork" ? { name } : { namespace, name };
  return { kind, metadata, spec: { NetworkID: "n", Options: { cidr: "10.0.0.0/24", alloc: "gAE=" } } };
}

const ADDRESSES = { Address: "10.0.0.5/24", AddressIPv6: "2001:db8::5/64" };

function endpoint(namespace: string, name: string, spec: { NetworkName: string; apiType?: string }): Manifest {
  return {
    kind: "DanmEp",
    metadata: { namespace, name },
    spec: { ...spec, Pod: name, Interface: { Name: "eth0", ...ADDRESSES } },
  };
}

const OBJECTS: readonly Manifest[] = [
  network("DanmNet", "default", "a"),
  network("DanmNet", "kube-public", "a"),
  network("TenantNetwork", "default", "a"),
  network("ClusterNetwork", "", "a"),
  { kind: "TenantConfig", metadata: { name: "second" }, networkIds: { calico: "calico" } },
  { kind: "TenantConfig", metadata: { name: "first" }, hostDevices: [{ name: "ens4" }] },
  endpoint("default", "dn", { NetworkName: "a", apiType: "DanmNet" }),
  endpoint("default", "dn-old", { NetworkName: "a", apiType: "" }),
  endpoint("default", "tn", { NetworkName: "a", apiType: "TenantNetwork" }),
  endpoint("default", "cn", { NetworkName: "a", apiType: "ClusterNetwork" }),
  endpoint("default", "other", { NetworkName: "b", apiType: "DanmNet" }),
  endpoint("kube-public", "dn", { NetworkName: "a", apiType: "DanmNet" }),
  endpoint("kube-public", "cn", { NetworkName: "a", apiType: "ClusterNetwork" }),
];

/**
 * What every {@linkcode Cluster} must do. The one in memory passes it in the unit tests, the real one against an API
 * server.
 *
 * @param create stores an object in the cluster, which has none of ours yet
 */
export async function clusterContract(
  t: Deno.TestContext,
  cluster: Cluster,
  create: (manifest: Manifest) => Promise<unknown>,
): Promise<void> {
  const { signal } = new AbortController();
  await t.step("an empty cluster has nothing", async () => {
    assertEquals(await cluster.listNetworks(signal), []);
    assertEquals(await cluster.listTenantConfigs(signal), []);
    assertEquals(await cluster.findNetwork({ kind: "ClusterNetwork", name: "a" }, signal), undefined);
    assertEquals(await cluster.listEndpoints({ kind: "ClusterNetwork", name: "a" }, { signal }), []);
  });
  for (const object of OBJECTS) await create(object);
  await t.step("networks of all kinds are listed without bitmaps", () => listsNetworks(cluster, signal));
  await t.step("one network is found by its name, with its bitmap", () => findsNetwork(cluster, signal));
  await t.step("endpoints are those of one network", () => listsEndpoints(cluster, signal));
  await t.step("TenantConfigs come ordered by name", async () => {
    const configs = await cluster.listTenantConfigs(signal);
    assertEquals(configs.map(({ metadata }) => metadata.name), ["first", "second"]);
  });
  await t.step("a status is replaced only where nobody changed it meanwhile", () => replacesStatus(cluster, signal));
  await t.step("whatever is asked with an aborted signal is refused", async () => {
    await assertRejects(() => cluster.listNetworks(AbortSignal.abort()));
    await assertRejects(() => cluster.listTenantConfigs(AbortSignal.abort()));
  });
}

async function listsNetworks(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const networks = await cluster.listNetworks(signal);
  const names = networks.map(({ kind, object: { metadata } }) => [kind, metadata.namespace, metadata.name].join(" "));
  assertEquals(names.sort(), [
    "ClusterNetwork  a",
    "DanmNet default a",
    "DanmNet kube-public a",
    "TenantNetwork default a",
  ]);
  for (const { object } of networks) {
    const { Options } = object.spec as { Options: Record<string, unknown> };
    assertEquals(Options, { cidr: "10.0.0.0/24" });
  }
}

async function findsNetwork(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const found = await cluster.findNetwork({ kind: "DanmNet", namespace: "default", name: "a" }, signal);
  assertEquals(found?.metadata.namespace, "default");
  assertEquals((found?.spec as { Options: { alloc: string } }).Options.alloc, "gAE=");
  const none: NetworkRef[] = [
    { kind: "DanmNet", namespace: "default", name: "b" },
    { kind: "TenantNetwork", namespace: "kube-public", name: "a" },
  ];
  for (const ref of none) assertEquals(await cluster.findNetwork(ref, signal), undefined);
}

async function listsEndpoints(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const cases: readonly [ref: NetworkRef, names: string[]][] = [
    [{ kind: "DanmNet", namespace: "default", name: "a" }, ["default/dn", "default/dn-old"]],
    [{ kind: "DanmNet", namespace: "kube-public", name: "a" }, ["kube-public/dn"]],
    [{ kind: "TenantNetwork", namespace: "default", name: "a" }, ["default/tn"]],
    [{ kind: "ClusterNetwork", name: "a" }, ["default/cn", "kube-public/cn"]],
    [{ kind: "ClusterNetwork", name: "c" }, []],
  ];
  for (const [ref, names] of cases) {
    const found = await cluster.listEndpoints(ref, { signal });
    assertEquals(found.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort(), names);
    for (const { metadata, spec } of found) {
      assertEquals(valueAt(spec, "Pod"), metadata.name);
      for (const [field, address] of Object.entries(ADDRESSES)) {
        assertEquals(valueAt(spec, `Interface.${field}`), address);
      }
    }
  }
  const some = await cluster.listEndpoints({ kind: "ClusterNetwork", name: "a" }, { limit: 1, signal });
  assertEquals(some.length, 1);
}

async function replacesStatus(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const [first] = await cluster.listTenantConfigs(signal);
  assert(first);
  const reserved = (vni: number) => ({
    reservations: [{ device: "ens4", vniType: "vlan", vni, network: "default/a" }],
  });
  const replaced = await cluster.replaceTenantConfigStatus({ ...first, status: reserved(5) }, signal);
  assertEquals(replaced.status, reserved(5));
  await assertRejects(
    () => cluster.replaceTenantConfigStatus({ ...first, status: reserved(6) }, signal),
    Conflict,
  );
  const gone = { ...first, metadata: { ...first.metadata, name: "gone", uid: undefined } };
  await assertRejects(() => cluster.replaceTenantConfigStatus(gone, signal), NotFound);
  assertEquals((await cluster.listTenantConfigs(signal))[0]?.status, reserved(5));
}
