import { type Network, networkType } from "../../shared/schema/network.ts";
import { isChanged } from "../../shared/schema/validate_network.ts";
import type { StoredObject } from "../cluster.ts";
import type { JudgeContext } from "../judge.ts";
import { ACCEPTED, type Verdict } from "../verdict.ts";
import { type LinkedNetwork, planHostLinks } from "./plan_host_links.ts";
import { readStored } from "./read_network.ts";

/** What a host link, and who may have which address on it, is decided by; paths below `spec`. */
const DECISIVE = [
  "NetworkID",
  ...["host_device", "device_pool", "vlan", "vxlan", "cidr", "net6", "allocation_pool", "allocation_pool_v6"]
    .map((option) => `Options.${option}`),
];

/**
 * Judges a network beside all others of the cluster. Two that are created at the same moment may both pass: then the
 * host link of the second is refused where it is made.
 *
 * @param before the network as it is stored; nobody else is read unless something changed that matters here
 */
export async function judgeHostLinks(
  network: Network,
  before: Network | undefined,
  { cluster, signal }: JudgeContext,
): Promise<Verdict> {
  const { host_device, device_pool } = network.spec.Options;
  if (!host_device && !device_pool) return ACCEPTED;
  if (before && !DECISIVE.some((field) => isChanged(field, network, before))) return ACCEPTED;
  const stored = await cluster.listNetworks(signal);
  const networks = stored.flatMap(({ kind, object }) => readStored(kind, object) ?? []);
  const others = networks.filter((other) => !isSameObject(other, network));
  const isTenants = [network, ...others].some(({ kind, spec }) => kind === "TenantNetwork" && spec.Options.vxlan);
  const configs = isTenants ? await cluster.listTenantConfigs(signal) : [];
  const linked = (network: Network): LinkedNetwork => ({ network, mapped: isMapped(network, configs) });
  return planHostLinks(linked(network), others.map(linked));
}

function isSameObject(one: Network, other: Network): boolean {
  return one.kind === other.kind && one.metadata.name === other.metadata.name &&
    (one.metadata.namespace ?? "") === (other.metadata.namespace ?? "");
}

function isMapped({ kind, spec }: Network, configs: readonly StoredObject[]): boolean {
  return kind === "TenantNetwork" &&
    configs.some(({ networkIds }) =>
      Object.entries(networkIds ?? {}).some(([type, id]) =>
        id === spec.NetworkID && networkType({ NetworkType: type }) === spec.NetworkType
      )
    );
}
