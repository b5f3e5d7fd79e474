import { assert, assertEquals } from "@std/assert";
import { NotFound } from "../../../shared/kube/api_error.ts";
import type { KubeClient } from "../../../shared/kube/client.ts";
import { API_VERSION } from "../../../shared/schema/meta.ts";
import { type Kind, resourcePath } from "../../../shared/schema/resources.ts";
import type { StoredObject } from "../../../webhook/cluster.ts";
import { type NetworkUse, usesOf } from "../../../webhook/tenants/network_use.ts";
import { reservationsOf } from "../../../webhook/tenants/tenancy.ts";
import type { Manifest } from "../../support/webhook/memory_cluster.ts";

const NETWORK_KINDS = ["TenantNetwork", "DanmNet", "ClusterNetwork"] as const;

/** An object as it is sent. */
export function bodyOf(manifest: Manifest): Record<string, unknown> {
  return { apiVersion: API_VERSION, ...manifest };
}

/** Where objects of a manifest's kind and namespace are created. */
export function collectionOf({ kind, metadata: { namespace } }: Manifest): string {
  return resourcePath(kind, { namespace });
}

/** Stores an object, and its status if it has one. */
export async function store(client: KubeClient, manifest: Manifest): Promise<void> {
  const stored = await client.create<StoredObject>(collectionOf(manifest), bodyOf(manifest));
  if (manifest["status"] === undefined) return;
  const { kind, metadata: { namespace, name } } = manifest;
  const path = `${resourcePath(kind, { namespace, name })}/status`;
  await client.replace(path, { ...stored, status: manifest["status"] });
}

/** Removes all networks, then all TenantConfigs with their reservations. */
export async function clear(client: KubeClient): Promise<void> {
  for (const kind of NETWORK_KINDS) await each(client, kind, (path) => client.delete(path));
  await each(client, "TenantConfig", async (path, config) => {
    await client.replace(`${path}/status`, { ...config, apiVersion: API_VERSION, kind: "TenantConfig", status: {} });
    await client.delete(path);
  });
}

/** All TenantConfigs, ordered by name. */
export async function configsOf(client: KubeClient): Promise<StoredObject[]> {
  const configs = await client.list<StoredObject>(resourcePath("TenantConfig"));
  return configs.sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1);
}

/** All reservations, as `config: device vniType vni network`. */
export async function reservationsIn(client: KubeClient): Promise<string[]> {
  return (await configsOf(client)).flatMap((config) =>
    reservationsOf(config).map(({ device, vniType, vni, network }) =>
      `${config.metadata.name}: ${device} ${vniType} ${vni} ${network}`
    )
  );
}

/** What all TenantNetworks have. */
export async function tenantUses(client: KubeClient): Promise<NetworkUse[]> {
  const networks = await client.list<StoredObject>(resourcePath("TenantNetwork"));
  return networks.flatMap((object) => usesOf({ kind: "TenantNetwork", object }));
}

/** Checks that every TenantNetwork has a VNI that no other has, and that it is reserved for it. */
export async function assertUnique(client: KubeClient): Promise<number> {
  const uses = await tenantUses(client);
  const reserved = (await configsOf(client)).flatMap(reservationsOf)
    .map(({ device, vniType, vni, network }) => `${device} ${vniType} ${vni} ${network}`);
  const places = uses.map(({ device, vniType, vni }) => `${device} ${vniType} ${vni}`);
  assertEquals(new Set(places).size, uses.length, `a VNI twice: ${places.sort()}`);
  for (const { device, vniType, vni, network } of uses) {
    assert(
      vniType && reserved.includes(`${device} ${vniType} ${vni} ${network}`),
      `${network}: ${vni} is not reserved`,
    );
  }
  return uses.length;
}

async function each(
  client: KubeClient,
  kind: Kind,
  work: (path: string, object: StoredObject) => Promise<unknown>,
): Promise<void> {
  const objects = await client.list<StoredObject>(resourcePath(kind));
  await Promise.all(objects.map(async (object) => {
    const { namespace, name } = object.metadata;
    try {
      await work(resourcePath(kind, { namespace, name }), object);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
    }
  }));
}
