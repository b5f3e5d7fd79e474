import { Conflict } from "../../shared/kube/api_error.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import { callAtOnce, PATHS } from "./webhook_cluster.ts";
import type { TenantFigures } from "./webhook_figures.ts";

const NAMESPACE = "bench-tenant";

/** TenantNetworks of one device, created at once: each gets a VNI of its own. */
export async function measureTenants(client: KubeClient, count: number): Promise<TenantFigures> {
  await client.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  await client.create(PATHS.tenantConfigs, {
    apiVersion: "danm.io/v1",
    kind: "TenantConfig",
    metadata: { name: "bench" },
    hostDevices: [{ name: "ens9", vniType: "vxlan", vniRange: "5000-9000" }],
  });
  const { failures, seconds } = await callAtOnce((number) => createTenantNetwork(client, number), {
    callers: count,
    goOn: (number) => number < count,
  });
  const stored = await client.list<{ spec: { Options?: { vxlan?: number } } }>(PATHS.tenantNetworks(NAMESPACE));
  const vnis = stored.map(({ spec }) => spec.Options?.vxlan).filter((vni) => vni !== undefined);
  if (failures[0] !== undefined && failures.length === count) throw new Error(failures[0]);
  const refusals = [...new Set(failures.map((failure) => failure.replaceAll(/tenant-\d+/g, "tenant-…")))];
  return { count, seconds, refusals, failures: failures.length, distinctVnis: new Set(vnis).size };
}

/** The API server gives a mutating webhook no name that would be made up, so each has one. */
async function createTenantNetwork(client: KubeClient, number: number): Promise<void> {
  const object = {
    apiVersion: "danm.io/v1",
    kind: "TenantNetwork",
    metadata: { name: `tenant-${number}`, namespace: NAMESPACE },
    spec: { NetworkID: `t${number}`, NetworkType: "ipvlan", Options: { host_device: "ens9", cidr: "10.0.0.0/24" } },
  };
  try {
    await client.create(PATHS.tenantNetworks(NAMESPACE), object);
  } catch (error) {
    // What was refused for being overtaken is what a user repeats; anything else counts as it is.
    if (!(error instanceof Conflict)) throw error;
    await client.create(PATHS.tenantNetworks(NAMESPACE), object);
  }
}
