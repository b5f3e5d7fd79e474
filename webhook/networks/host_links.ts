import type { Network } from "../../shared/schema/network.ts";
import type { JudgeContext } from "../judge.ts";
import { readTenancy } from "../tenants/tenancy.ts";
import { ACCEPTED, type Verdict } from "../verdict.ts";
import { type LinkedNetwork, planHostLinks, wireFacts } from "./plan_host_links.ts";
import { readStored } from "./read_network.ts";

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
  if (before && wireFacts(network) === wireFacts(before)) return ACCEPTED;
  const stored = await cluster.listNetworks(signal);
  const networks = stored.flatMap(({ kind, object }) => readStored(kind, object) ?? []);
  const others = networks.filter((other) => !isSameObject(other, network));
  const isTenants = [network, ...others].some(({ kind, spec }) => kind === "TenantNetwork" && spec.Options.vxlan);
  const { mappings } = readTenancy(isTenants ? await cluster.listTenantConfigs(signal) : []);
  const linked = (network: Network): LinkedNetwork => {
    const { kind, spec: { NetworkType, NetworkID } } = network;
    return { network, mapped: kind === "TenantNetwork" && mappings.get(NetworkType)?.networkId === NetworkID };
  };
  return planHostLinks(linked(network), others.map(linked));
}

function isSameObject(one: Network, other: Network): boolean {
  return one.kind === other.kind && one.metadata.name === other.metadata.name &&
    (one.metadata.namespace ?? "") === (other.metadata.namespace ?? "");
}
