import { holderOf } from "../../ipam/holder.ts";
import { createObjectStore } from "../../ipam/object_store.ts";
import { isDynamic, poolSize, type Subnet } from "../../ipam/subnet.ts";
import { formatAddress } from "../../shared/schema/address.ts";
import { danmIpName, type DanmIpSpec } from "../../shared/schema/danm_ip.ts";
import { atOnce } from "./at_once.ts";
import { type BenchNetwork, connect } from "./ipam_cluster.ts";

/** Connections, and requests at once on each. */
const CONNECTIONS = 4;
const AT_ONCE = 24;

/** Other nodes' addresses in a network. */
export class Filler {
  readonly #kubeconfig: string;
  readonly #node: string;

  /** @param options.node the one that the credentials belong to */
  constructor({ kubeconfig, node }: { kubeconfig: string; node: string }) {
    this.#kubeconfig = kubeconfig;
    this.#node = node;
  }

  /** Holds these addresses. @throws {Error} when one of them cannot be taken */
  async hold(network: BenchNetwork, values: readonly bigint[]): Promise<void> {
    const share = Math.ceil(values.length / CONNECTIONS);
    await Promise.all(Array.from({ length: CONNECTIONS }, async (_, index) => {
      using client = await connect(this.#kubeconfig);
      const store = createObjectStore(client);
      await atOnce(values.slice(index * share, (index + 1) * share), {
        limit: AT_ONCE,
        work: async (value) => {
          const spec = heldSpec(network, { value, node: this.#node });
          const ref = { kind: "DanmIp", name: danmIpName(spec.address, spec.space) } as const;
          const outcome = await store.create(ref, spec, AbortSignal.timeout(60_000));
          if (outcome.kind !== "created") throw new Error(`${ref.name} could not be taken: ${outcome.kind}`);
        },
      });
    }));
  }
}

/** What another node's DanmIp says that holds an address. */
export function heldSpec(
  { network, planned }: BenchNetwork,
  { value, node }: { value: bigint; node: string },
): DanmIpSpec {
  const pod = { namespace: "default", name: `held-${value}`, uid: crypto.randomUUID() };
  const containerID = crypto.randomUUID().replaceAll("-", "").repeat(2);
  const holder = holderOf({ pod, containerID, node }, { network, interface: "eth0", plugin: "danm-ipam" });
  return { ...holder, address: formatAddress({ family: planned.subnet.family, value }) };
}

/** Different addresses at random that the pool may give, other than those of `held`. */
export function chooseAddresses(
  subnet: Subnet,
  options: { count: number; held: ReadonlySet<bigint>; random: () => number },
): bigint[] {
  const { count, held, random } = options;
  const size = poolSize(subnet);
  const chosen = new Set<bigint>();
  while (chosen.size < count) {
    const value = subnet.first + BigInt(Math.floor(random() * size));
    if (isDynamic(subnet, value) && !held.has(value)) chosen.add(value);
  }
  return [...chosen];
}
