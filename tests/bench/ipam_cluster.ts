import { planAddresses, type PlannedAddress } from "../../ipam/plan_addresses.ts";
import { KubeClient } from "../../shared/kube/client.ts";
import type { RequestInfo } from "../../shared/kube/client_options.ts";
import { loadKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { getNetwork } from "../../shared/kube/networks.ts";
import { formatAddress, parseAddress } from "../../shared/schema/address.ts";
import type { Network } from "../../shared/schema/network.ts";
import { DanmLab } from "../support/danm_lab.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import type { Node } from "../support/lab/node.ts";
import { NodeRelay } from "../support/relay/node_relay.ts";

/** How much is held in a cluster for a measurement, and how often it is measured. */
export interface Size {
  /** Addresses of the pool of network `full`; so many are held for comparison, too. */
  readonly held: number;
  /** Prefix length of network `mid`, the largest pool that is filled to 90 %. */
  readonly midPrefix: number;
  /** Rounds of what is compared in turns. */
  readonly rounds: number;
}

/** What is promised is promised for this size. */
export const FULL_SIZE: Size = { held: 50_000, midPrefix: 16, rounds: 5 };

/** A sixteenth of it and one round, to see whether the benchmark works. */
export const SMALL_SIZE: Size = { held: 3125, midPrefix: 20, rounds: 1 };

/** Name of a network that is measured on. */
export type BenchNetworkName = "small" | "crowded" | "wide" | "mid" | "full" | "attach";

/** `wide`, `mid` and `full` share their addresses, so that what is held for one of them serves the others. */
function networkOptions({ held, midPrefix }: Size): Record<BenchNetworkName, object> {
  const base = parseAddress("10.100.0.0").value;
  const [start, end] = [1n, BigInt(held)].map((offset) => formatAddress({ family: 4, value: base + offset }));
  return {
    small: { cidr: "10.200.0.0/24" },
    crowded: { cidr: "10.201.0.0/24" },
    wide: { cidr: "10.0.0.0/9", address_space: "bench" },
    mid: { cidr: `10.100.0.0/${midPrefix}`, address_space: "bench" },
    full: { cidr: "10.0.0.0/9", allocation_pool: { start, end }, address_space: "bench" },
    attach: { cidr: "10.202.0.0/16" },
  };
}

/** A network and what is asked of it. */
export interface BenchNetwork {
  readonly network: Network;
  readonly planned: PlannedAddress;
}

/** A lab with one native node, DANM, and the networks of the benchmark. */
export class IpamCluster implements AsyncDisposable {
  readonly lab: Lab;
  readonly danm: DanmLab;
  readonly node: Node;
  readonly #relay: NodeRelay;

  private constructor({ danm, node }: { danm: DanmLab; node: Node }, relay: NodeRelay) {
    this.lab = danm.lab;
    this.danm = danm;
    this.node = node;
    this.#relay = relay;
  }

  /** Path of the kubeconfig of the node's plugins, with its relay. */
  get kubeconfig(): string {
    return this.#relay.kubeconfig;
  }

  /** Starts one; nothing is held in it. */
  static async start(size: Size): Promise<IpamCluster> {
    const lab = await startLab({ nodes: 1, nodeKind: "native" });
    try {
      const danm = await DanmLab.install(lab);
      const [node] = lab.nodes;
      if (!node) throw new Error("the lab has no node");
      const networks = Object.entries(networkOptions(size));
      await danm.apply(...networks.map(([name, options]) => clusterNetwork(name, options, node)));
      return new IpamCluster({ danm, node }, await NodeRelay.start({ danm, node }));
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Credentials of the CNI plugin on another node, which no caller runs on. */
  async otherNode(name: string): Promise<string> {
    const object = { apiVersion: "v1", kind: "Node", metadata: { name } };
    await this.lab.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(object) });
    return (await this.lab.serviceAccount("danm-system", "danm-cni", { node: name })).kubeconfigPath;
  }

  /** How many lists of DanmIps the API server has answered, by its own metrics. */
  async countLists(): Promise<number> {
    const metrics = await this.lab.kubectl(["get", "--raw", "/metrics"]);
    return metrics.split("\n")
      .filter((line) => line.startsWith("apiserver_request_total{"))
      .filter((line) => line.includes('resource="danmips"') && line.includes('verb="LIST"'))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay[Symbol.asyncDispose]();
    await this.lab[Symbol.asyncDispose]();
  }
}

function clusterNetwork(name: string, options: object, node: Node): object {
  return {
    apiVersion: "danm.io/v1",
    kind: "ClusterNetwork",
    metadata: { name },
    spec: { NetworkID: name, NetworkType: "macvlan", Options: { host_device: node.uplink, ...options } },
  };
}

/** Reads a network as the plugin does, and plans a dynamic IPv4 address of it. */
export async function readBenchNetwork(client: KubeClient, name: BenchNetworkName): Promise<BenchNetwork> {
  const signal = AbortSignal.timeout(30_000);
  const at = { kind: "ClusterNetwork", namespace: "", namedBy: "the benchmark" } as const;
  const network = await getNetwork(client, { ...at, name, signal });
  const subject = `ClusterNetwork ${name}`;
  const [planned] = planAddresses({ ip: "dynamic" }, { network, subject, source: "benchmark", path: "" });
  if (!planned) throw new Error(`${subject} has no IPv4 subnet`);
  return { network, planned };
}

/** Connects with a kubeconfig; `onRequest` is called after each request on the wire. */
export async function connect(
  kubeconfig: string,
  onRequest: (info: RequestInfo) => void = () => {},
): Promise<KubeClient> {
  return new KubeClient(await loadKubeconfig(kubeconfig), { userAgent: "danm-bench", onRequest });
}
