import { type BurstFigures, type Contender, interleave, type Load } from "./ipam_burst.ts";
import { Caller, type CallerOptions } from "./ipam_caller.ts";
import type { Lab } from "../support/lab/lab.ts";
import { type BenchNetworkName, type IpamCluster, readBenchNetwork } from "./ipam_cluster.ts";

/** The usual place of a file system in memory. */
const MEMORY = "/dev/shm";

/** A cluster and the process that allocates in it. */
export class Place implements Disposable {
  readonly cluster: IpamCluster;
  readonly caller: Caller;
  readonly options: CallerOptions;

  private constructor(cluster: IpamCluster, { caller, options }: { caller: Caller; options: CallerOptions }) {
    this.cluster = cluster;
    this.caller = caller;
    this.options = options;
  }

  /** A process on the cluster's node. */
  static async open(cluster: IpamCluster): Promise<Place> {
    const { danm, lab, node } = cluster;
    const options = { kubeconfig: danm.kubeconfig(node), node: node.name, dir: await makeRecordDir(lab) };
    return new Place(cluster, { caller: await Caller.open(options), options });
  }

  /** The process, with a network to allocate from. */
  async contender(name: BenchNetworkName): Promise<Contender> {
    return { caller: this.caller, network: await readBenchNetwork(this.caller.client, name) };
  }

  [Symbol.dispose](): void {
    this.caller[Symbol.dispose]();
    Deno.removeSync(this.options.dir, { recursive: true });
  }
}

/**
 * A directory for records, in memory where the machine has such a file system: in a node each caller is a process of its
 * own, here one process writes the records of all of them one after the other, and a disk would bound them together.
 */
async function makeRecordDir(lab: Lab): Promise<string> {
  const shared = await Deno.stat(MEMORY).then(({ isDirectory }) => isDirectory, () => false);
  return await Deno.makeTempDir({ dir: shared ? MEMORY : lab.dir, prefix: "danm-bench-" });
}

/** Bursts of two contenders, in turns. */
export interface Comparison {
  readonly callers: number;
  /** What is measured against. */
  readonly base: BurstFigures;
  readonly other: BurstFigures;
}

/** Compares two contenders under each of some loads, in so many rounds. */
export async function compare(
  { base, other }: { base: Contender; other: Contender },
  { loads, rounds }: { loads: readonly Load[]; rounds: number },
): Promise<Comparison[]> {
  const found: Comparison[] = [];
  for (const load of loads) {
    const [first, second] = await interleave([base, other], { load, rounds });
    if (first && second) found.push({ callers: load.callers, base: first, other: second });
  }
  return found;
}
