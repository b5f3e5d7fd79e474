import { shellDeployment } from "./shell_deployment.ts";

/** How many networks a Pod of {@linkcode networkedDeployment} is on. */
export const NETWORKS_PER_POD = 3;

/** Two networks of the cluster beside `default`, on a link of the nodes; the second one has both families. */
export function clusterNetworks({ type, device }: { type: "macvlan" | "ipvlan"; device: string }): object[] {
  const network = (name: string, options: object): object => ({
    apiVersion: "danm.io/v1",
    kind: "ClusterNetwork",
    metadata: { name },
    spec: { NetworkID: name, NetworkType: type, Options: { host_device: device, container_prefix: name, ...options } },
  });
  return [
    network("red", { cidr: "10.150.0.0/24" }),
    network("blue", { cidr: "10.151.0.0/24", net6: "fd00:151::/64" }),
  ];
}

/** The annotation of Pods on all of them. */
export const NETWORKED = {
  "danm.io/interfaces": JSON.stringify([
    { clusterNetwork: "default" },
    { clusterNetwork: "red", ip: "dynamic" },
    { clusterNetwork: "blue", ip: "dynamic", ip6: "dynamic" },
  ]),
};

/** Shells on the networks `default`, `red` and `blue`. */
export function networkedDeployment(name: string, replicas: number): object {
  return shellDeployment({ name, replicas, annotations: NETWORKED });
}
