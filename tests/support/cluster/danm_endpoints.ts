import type { DanmEp } from "../../../shared/schema/danm_ep.ts";
import { resourcePath } from "../../../shared/schema/resources.ts";
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

/** Tells, of pairs of interface and address, those without an answer. */
const PING_ALL = `
while [ $# -gt 0 ]; do
  ping -q -c 1 -W 5 -I "$1" "$2" >/dev/null 2>&1 || echo "$1 $2"
  shift 2
done
`;

/**
 * Pings from the Pods' containers, each over the interface of the network and no other; with one command for each Pod,
 * because in user-mode Linux each takes a second.
 *
 * @returns those without an answer, one line each
 */
export async function findLostPings(cluster: Cluster, pings: readonly EndpointPing[]): Promise<string[]> {
  const byPod = Map.groupBy(pings, ({ from }) => from.pod);
  const lost = await Promise.all([...byPod].map(async ([pod, own]) => {
    const pairs = own.flatMap(({ from, address }) => [from.interface, address]);
    const said = await cluster.kubectl(["exec", pod, "--", "sh", "-c", PING_ALL, "sh", ...pairs], {
      timeoutMs: 180_000,
    });
    return said.split("\n").filter((line) => line !== "").map((line) => `${pod}: ${line}`);
  }));
  return lost.flat();
}
