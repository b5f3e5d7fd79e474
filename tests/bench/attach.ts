import type { DanmLab, TestSandbox } from "../support/danm_lab.ts";
import type { Node } from "../support/lab/node.ts";
import { type Interval, longestChain, summarize, type Summary } from "./statistics.ts";

/** What attaching sandboxes with a number of interfaces costs on one node. */
export interface AttachFigures {
  readonly interfaces: number;
  /** Wall time of the whole process, entering the node included, in milliseconds. */
  readonly add: Summary;
  readonly del: Summary;
  /** Of one ADD. */
  readonly requests: number;
  readonly requestsInSequence: number;
  readonly commands: number;
}

/** Which sandboxes are attached. */
export interface AttachOptions {
  readonly backend: "ipvlan" | "macvlan";
  readonly interfaces: readonly number[];
  readonly runs: number;
  readonly onRound?: (round: number) => void;
}

/**
 * Attaches and detaches sandboxes with different numbers of interfaces in turns, so that a machine that gets slower
 * meanwhile makes all of them slower. Each interface is on a network of its own and has an IPv4 address.
 */
export async function measureAttach(danm: DanmLab, node: Node, options: AttachOptions): Promise<AttachFigures[]> {
  const { backend, interfaces, runs } = options;
  const most = Math.max(...interfaces);
  await danm.apply(...Array.from({ length: most }, (_, index) => network(node, { backend, index })));
  const series = interfaces.map((count) => ({ count, add: [] as number[], del: [] as number[] }));
  for (let round = -1; round < runs; round++) {
    options.onRound?.(round);
    for (const { count, add, del } of series) {
      const sandbox = await createSandbox(danm, node, count);
      const addMs = await timed(() => danm.add(sandbox));
      const delMs = await timed(() => danm.del(sandbox));
      await node.deleteNetns(sandbox.netns);
      // The first round fills caches.
      if (round < 0) continue;
      add.push(addMs);
      del.push(delMs);
    }
  }
  const figures: AttachFigures[] = [];
  for (const { count, add, del } of series) {
    figures.push({
      interfaces: count,
      add: summarize(add),
      del: summarize(del),
      ...await countSteps(danm, node, count),
    });
  }
  return figures;
}

function network(node: Node, { backend, index }: { backend: string; index: number }): object {
  return {
    apiVersion: "danm.io/v1",
    kind: "ClusterNetwork",
    metadata: { name: `bench-${index}` },
    spec: {
      NetworkID: `bench${index}`,
      NetworkType: backend,
      Options: { host_device: node.uplink, cidr: `10.${150 + index}.0.0/16` },
    },
  };
}

async function createSandbox(danm: DanmLab, node: Node, count: number): Promise<TestSandbox> {
  const interfaces = Array.from({ length: count }, (_, index) => ({ clusterNetwork: `bench-${index}`, ip: "dynamic" }));
  return await danm.createSandboxFor(node, interfaces);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Lets the plugin log every request and command of one ADD, and counts them. */
async function countSteps(
  danm: DanmLab,
  node: Node,
  count: number,
): Promise<Pick<AttachFigures, "requests" | "requestsInSequence" | "commands">> {
  const logFile = `/var/lib/danm-bench-${count}.log`;
  const sandbox = await createSandbox(danm, node, count);
  await danm.add(sandbox, { conf: { logFile, logLevel: "debug" } });
  await danm.del(sandbox);
  await node.deleteNetns(sandbox.netns);
  const { stdout } = await node.run(["cat", logFile]);
  const lines: { msg: string; ms: number; endMs: number }[] = stdout.trim().split("\n").map((line) => JSON.parse(line));
  const requests = lines.filter(({ msg }) => msg === "request")
    .map(({ ms, endMs }): Interval => ({ startMs: endMs - ms, endMs }));
  return {
    requests: requests.length,
    requestsInSequence: longestChain(requests),
    commands: lines.filter(({ msg }) => msg === "command").length,
  };
}
