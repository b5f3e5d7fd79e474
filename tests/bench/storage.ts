import { run } from "../support/run.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { connect, IpamCluster, readBenchNetwork, type Size } from "./ipam_cluster.ts";
import { chooseAddresses, Filler } from "./ipam_fill.ts";
import { megabytes, type Part, table } from "./report.ts";

/** What a control plane keeps when so many addresses are held, in bytes. */
interface Footprint {
  readonly held: number;
  /** etcd's data without what compaction and deletion have freed. */
  readonly etcdInUse: number;
  /** etcd's file, which its quota is about. */
  readonly etcdFile: number;
  /** What is alive on the API server's heap, straight after a garbage collection. */
  readonly apiServerHeap: number;
  /** Resident memory of the API server, which Go keeps at up to twice the heap. */
  readonly apiServerResident: number;
}

const GIB = 2 ** 30;
/** etcd's quota when nothing is said, and the largest that it recommends. */
const QUOTAS = [2 * GIB, 8 * GIB];
/** Where a footprint is taken, as shares of what is held in the end. */
const SHARES = [0.2, 1];

/** What held addresses take of etcd and the API server, and how many an etcd can hold. */
export async function reportStorage(size: Size): Promise<Part> {
  const footprints = await measureStorage(size);
  const [empty, full] = [footprints[0], footprints.at(-1)];
  if (!empty || !full) throw new Error("nothing was measured");
  const each = (of: (one: Footprint) => number): number => (of(full) - of(empty)) / full.held;
  const inEtcd = each(({ etcdFile }) => etcdFile);
  return {
    blocks: [
      "## Addresses: what held ones take",
      table(
        ["held", "etcd, in use", "etcd, file", "API server, heap", "API server, resident"],
        footprints.map(({ held, etcdInUse, etcdFile, apiServerHeap, apiServerResident }) => [
          String(held),
          ...[etcdInUse, etcdFile, apiServerHeap, apiServerResident].map((bytes) => `${megabytes(bytes)} MB`),
        ]),
      ),
      `One more takes ${inEtcd.toFixed(0)} bytes of etcd's file and ${
        each(({ apiServerHeap }) => apiServerHeap).toFixed(0)
      } of the API server's heap. ${
        QUOTAS.map((quota) => `A quota of ${quota / GIB} GiB ends at ${(quota / inEtcd / 1e6).toFixed(1)} million`)
          .join(". ")
      }, with nothing else in etcd.`,
    ],
    budgets: [],
  };
}

async function measureStorage({ held, ...size }: Size): Promise<Footprint[]> {
  await using cluster = await IpamCluster.start({ held, ...size });
  const node = "other";
  const kubeconfig = await cluster.otherNode(node);
  using client = await connect(kubeconfig);
  const network = await readBenchNetwork(client, "wide");
  const filler = new Filler({ kubeconfig, node });
  const random = seededRandom(8);
  const taken = new Set<bigint>();
  const footprints = [await readFootprint(cluster, 0)];
  for (const share of SHARES) {
    const count = Math.ceil(share * held) - taken.size;
    const values = chooseAddresses(network.planned.subnet, { count, held: taken, random });
    await filler.hold(network, values);
    for (const value of values) taken.add(value);
    footprints.push(await readFootprint(cluster, taken.size));
  }
  return footprints;
}

async function readFootprint({ lab }: IpamCluster, held: number): Promise<Footprint> {
  const heap = await lab.kubectl(["get", "--raw", "/debug/pprof/heap?gc=1&debug=1"]);
  const apiServer = await lab.kubectl(["get", "--raw", "/metrics"]);
  const ask = "console.log(await (await fetch('http://127.0.0.1:2379/metrics')).text())";
  const { stdout: etcd } = await run(["ip", "netns", "exec", lab.netns, Deno.execPath(), "eval", ask]);
  return {
    held,
    etcdInUse: metric(etcd, "etcd_mvcc_db_total_size_in_use_in_bytes"),
    etcdFile: metric(etcd, "etcd_mvcc_db_total_size_in_bytes"),
    apiServerHeap: metric(heap, "# HeapAlloc ="),
    apiServerResident: metric(apiServer, "process_resident_memory_bytes"),
  };
}

function metric(text: string, name: string): number {
  const line = text.split("\n").find((line) => line.startsWith(`${name} `));
  const value = Number(line?.slice(name.length));
  if (Number.isFinite(value)) return value;
  throw new Error(`${name} is not among the metrics`);
}
