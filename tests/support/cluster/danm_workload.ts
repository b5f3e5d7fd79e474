import { shellDeployment } from "./shell_deployment.ts";

/** How many networks a Pod of {@linkcode networkedDeployment} is on. */
export const NETWORKS_PER_POD = 3;

/** What the two networks are made of. */
export interface NetworkKind {
  readonly type: "macvlan" | "ipvlan";
  /** Link of the nodes. */
  readonly device: string;
  /** The second network is on this VLAN, whose link every node has to have: {@linkcode vlanLinkOf}. */
  readonly vlan?: number;
}

/** Name of the link that the second network is on. */
export function vlanLinkOf(vlan: number): string {
  return `blue.${vlan}`;
}

/** Two networks of the cluster beside `default`; the second one has both families. */
export function clusterNetworks(kind: NetworkKind): object[] {
  return networks(kind, (name) => ({ kind: "ClusterNetwork", metadata: { name } }));
}

/** The same for Pods of the namespace `default`, in the lightweight flavour. */
export function danmNets(kind: NetworkKind): object[] {
  return networks(kind, (name) => ({ kind: "DanmNet", metadata: { name, namespace: "default" } }));
}

function networks({ type, device, vlan }: NetworkKind, head: (name: string) => object): object[] {
  const network = (name: string, options: object): object => ({
    apiVersion: "danm.io/v1",
    ...head(name),
    spec: { NetworkID: name, NetworkType: type, Options: { host_device: device, container_prefix: name, ...options } },
  });
  return [
    network("red", { cidr: "10.150.0.0/24" }),
    network("blue", { cidr: "10.151.0.0/24", net6: "fd00:151::/64", ...(vlan === undefined ? {} : { vlan }) }),
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

/** The annotation of Pods on {@linkcode danmNets}. */
export const ON_DANM_NETS = {
  "danm.io/interfaces": JSON.stringify([
    { clusterNetwork: "default" },
    { network: "red", ip: "dynamic" },
    { network: "blue", ip: "dynamic", ip6: "dynamic" },
  ]),
};

/** Shells on the networks `default`, `red` and `blue`. */
export function networkedDeployment(name: string, replicas: number): object {
  return shellDeployment({ name, replicas, annotations: NETWORKED });
}
