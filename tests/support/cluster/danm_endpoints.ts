import type { DanmEp } from "../../../shared/schema/danm_ep.ts";
import { resourcePath } from "../../../shared/schema/resources.ts";
import type { ClusterPods } from "./cluster_pods.ts";
import type { Cluster } from "./running_cluster.ts";

/** An interface of a Pod, as the API has it. */
export interface Endpoint {
  readonly pod: string;
  readonly node: string;
  readonly network: string;
  readonly interface: string;
  /** Without prefix lengths. */
  readonly addresses: readonly string[];
}

/** The interfaces of a namespace's Pods whose names begin with `prefix`. */
export async function endpointsOf(cluster: Cluster, prefix: string, namespace = "default"): Promise<Endpoint[]> {
  const found = await cluster.client.list<DanmEp>(resourcePath("DanmEp", { namespace }));
  return found.filter(({ spec }) => spec.Pod?.startsWith(prefix)).map(({ spec }) => {
    const { Name, Address, AddressIPv6 } = spec.Interface;
    const addresses = [Address, AddressIPv6].filter((each) => each !== undefined && each.includes("/"));
    return {
      pod: spec.Pod ?? "",
      node: spec.Host ?? "",
      network: spec.NetworkName,
      interface: Name,
      addresses: addresses.map((each) => each?.replace(/\/.*/, "") ?? ""),
    };
  });
}

/** A ping over a network, from a Pod to an address of a Pod on another node. */
export interface EndpointPing {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly address: string;
}

/** From each interface to every other one of its network on another node, to each of its addresses. */
export function planEndpointPings(endpoints: readonly Endpoint[]): EndpointPing[] {
  return endpoints.flatMap((from) =>
    endpoints.filter((to) => to.network === from.network && to.node !== from.node)
      .flatMap((to) => to.addresses.map((address) => ({ from, to, address })))
  );
}

/** One ping by `ping` in the Pod's container, over the interface of the network and no other. @returns what it printed */
export async function pingOver(pods: ClusterPods, { from, address }: EndpointPing): Promise<string> {
  const argv = ["ping", "-c", "1", "-W", "5", "-I", from.interface, address];
  try {
    return await pods.exec({ namespace: "default", name: from.pod }, ...argv);
  } catch (error) {
    return String(error);
  }
}

/** Sends pings at once. @returns those without an answer, one line each */
export async function findLostPings(pods: ClusterPods, pings: readonly EndpointPing[]): Promise<string[]> {
  const lost = await Promise.all(pings.map(async (ping) => {
    const { from, to } = ping;
    const said = await pingOver(pods, ping);
    if (said.includes(" 0% packet loss")) return [];
    return [`${from.pod} (${from.node}) to ${to.pod} (${to.node}) over ${from.network}: ${said}`];
  }));
  return lost.flat();
}
