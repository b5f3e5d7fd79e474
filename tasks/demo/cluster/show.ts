import { messageOf } from "../../../shared/errors.ts";
import type { ClusterPods } from "../../../tests/support/cluster/cluster_pods.ts";
import { type EndpointPing, endpointsOf, planEndpointPings } from "../../../tests/support/cluster/danm_endpoints.ts";
import type { Cluster } from "../../../tests/support/cluster/running_cluster.ts";
import { parsePing } from "../ping.ts";
import type { Screen } from "../screen.ts";

/** Interfaces of each Pod: the one of every Pod, and two more. */
const PER_POD = 3;

/** Shows what each Pod of the Deployment `web` got, and checks that all have everything, and no two the same. */
export async function showInterfaces(
  { cluster, count }: { cluster: Cluster; count: number },
  screen: Screen,
): Promise<void> {
  const endpoints = await endpointsOf(cluster, "web-");
  const sorted = endpoints.toSorted((a, b) => `${a.pod} ${a.interface}`.localeCompare(`${b.pod} ${b.interface}`));
  screen.table([
    ["POD", "NODE", "INTERFACE", "NETWORK", "ADDRESSES"],
    ...sorted.map(({ pod, node, interface: name, network, addresses }) => [
      pod,
      node,
      name,
      network,
      addresses.join(" "),
    ]),
  ]);
  screen.check(endpoints.length === count * PER_POD, `${count} Pods have ${endpoints.length} interfaces`);
  const addresses = endpoints.flatMap((endpoint) => endpoint.addresses);
  screen.check(new Set(addresses).size === addresses.length, `the ${addresses.length} addresses are all different`);
}

/** Pings between the Pods of the Deployment `web` that are on different nodes, shows a line for each network and family. */
export async function showPings(
  { cluster, pods }: { cluster: Cluster; pods: ClusterPods },
  screen: Screen,
): Promise<void> {
  const pings = planEndpointPings(await endpointsOf(cluster, "web-"));
  const results = await Promise.all(pings.map(async (ping) => ({ ping, ...parsePing(await pingOver(pods, ping)) })));
  const groups = Map.groupBy(results, ({ ping }) => `${ping.to.network} ${familyOf(ping)}`);
  screen.table([
    ["NETWORK", "FAMILY", "PINGS", "ANSWERED", "SLOWEST"],
    ...[...groups].map(([name, group]) => {
      const times = group.flatMap(({ ms }) => ms === undefined ? [] : [ms]);
      const [network = "", family = ""] = name.split(" ");
      return [network, family, `${group.length}`, `${times.length}`, `${Math.max(...times).toFixed(2)} ms`];
    }),
  ]);
  const lost = results.filter(({ ms }) => ms === undefined)
    .map(({ ping, said }) => `${ping.from.pod} to ${ping.address} over ${ping.to.network}: ${said}`);
  const what = `${results.length - lost.length} of ${results.length} pings across the nodes were answered`;
  screen.check(results.length > 0 && lost.length === 0, [what, ...lost].join("; "));
}

function familyOf({ address }: EndpointPing): string {
  return address.includes(":") ? "IPv6" : "IPv4";
}

/** One ping by `ping` in the Pod's container, over the interface of the network and no other. @returns what it printed */
async function pingOver(pods: ClusterPods, { from, address }: EndpointPing): Promise<string> {
  const argv = ["ping", "-c", "1", "-W", "5", "-I", from.interface, address];
  try {
    return await pods.exec({ namespace: "default", name: from.pod }, ...argv);
  } catch (error) {
    return messageOf(error);
  }
}
