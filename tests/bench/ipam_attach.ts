import { join } from "node:path";
import { CNI_PLUGINS, ensureBinaries } from "../support/lab/binaries.ts";
import { type Answer, answerOf, type DanmLab, DIST, type TestSandbox } from "../support/danm_lab.ts";
import type { Node } from "../support/lab/node.ts";
import { type Progress, toStderr } from "../support/progress.ts";
import { atOnce } from "./at_once.ts";
import { childCpuSeconds } from "./child_cpu.ts";
import type { IpamCluster } from "./ipam_cluster.ts";
import { summarize, type Summary } from "./statistics.ts";

/** How many sandboxes are attached in a round, and how many of them at once. */
export const ATTACHMENTS = { sandboxes: 60, atOnce: 20 } as const;

/** What whole plugins cost, started as a runtime starts them. */
export interface PluginFigures {
  readonly plugin: string;
  readonly add: Summary;
  readonly del: Summary;
  readonly attachesPerSecond: number;
  /** User and system time of all processes of one ADD, in milliseconds. */
  readonly addCpuMs: number;
  /** Calls that failed. */
  readonly failures: number;
  /** Addresses that two sandboxes had at once. */
  readonly duplicates: number;
}

/** A plugin, and how it is configured. */
export interface BenchPlugin {
  readonly name: string;
  readonly path: string;
  readonly conf: object;
}

/** The reference `macvlan` with our addresses, our addresses alone, and as the floor `macvlan` with `host-local`. */
export async function benchPlugins(danm: DanmLab, node: Node): Promise<readonly [BenchPlugin, ...BenchPlugin[]]> {
  const { macvlan } = await ensureBinaries(CNI_PLUGINS, toStderr);
  const ours = {
    type: "danm-ipam",
    kubeconfig: danm.kubeconfig(node),
    clusterNetwork: "attach",
    logFile: "/var/log/danm-ipam.log",
  };
  const local = { type: "host-local", dataDir: "/var/lib/cni/networks", ranges: [[{ subnet: "10.203.0.0/16" }]] };
  const confOf = (name: string, rest: object): object => ({ cniVersion: "1.0.0", name, ...rest });
  const macvlanWith = (ipam: object): object => ({ type: "macvlan", master: node.uplink, ipam });
  return [
    { name: "macvlan + danm-ipam", path: macvlan, conf: confOf("bench", macvlanWith(ours)) },
    { name: "danm-ipam", path: join(DIST, "danm-ipam"), conf: confOf("alone", { type: "bench", ipam: ours }) },
    { name: "macvlan + host-local", path: macvlan, conf: confOf("local", macvlanWith(local)) },
  ];
}

/** Calls a plugin as a runtime does. */
export async function callPlugin(
  { danm, sandbox }: { danm: DanmLab; sandbox: TestSandbox },
  { plugin, command }: { plugin: BenchPlugin; command: "ADD" | "DEL" },
): Promise<Answer & { ms: number }> {
  const began = performance.now();
  const result = await sandbox.node.run([plugin.path], {
    env: danm.env(sandbox, command),
    stdin: JSON.stringify(plugin.conf),
    check: false,
  });
  return { ...answerOf(result), ms: performance.now() - began };
}

/** Attaches and detaches many sandboxes at once with each plugin, in turns. */
export async function measurePlugins(
  { danm, node }: IpamCluster,
  { rounds, progress }: { rounds: number; progress: Progress },
): Promise<PluginFigures[]> {
  const { sandboxes: count, atOnce: limit } = ATTACHMENTS;
  const homes = await atOnce(Array(count).fill(undefined), {
    limit: 4,
    work: async () => await danm.createSandbox(node, await danm.createPod(node)),
  });
  const series = (await benchPlugins(danm, node)).map((plugin) => new Series(plugin));
  for (let round = 0; round < rounds; round++) {
    progress(`ipam: ${count} sandboxes, ${limit} at once, round ${round + 1} of ${rounds}`);
    for (const one of round % 2 === 0 ? series : series.toReversed()) await one.run(danm, homes);
  }
  for (const { netns } of homes) await node.deleteNetns(netns);
  return series.map((one) => one.figures());
}

class Series {
  readonly #plugin: BenchPlugin;
  readonly #addMs: number[] = [];
  readonly #delMs: number[] = [];
  #addingMs = 0;
  #cpuSeconds = 0;
  #failures = 0;
  #duplicates = 0;

  constructor(plugin: BenchPlugin) {
    this.#plugin = plugin;
  }

  /** One round: a new sandbox for each Pod, in the namespace of the one before. */
  async run(danm: DanmLab, homes: readonly TestSandbox[]): Promise<void> {
    const plugin = this.#plugin;
    const sandboxes = homes.map((home) => ({
      ...home,
      containerID: crypto.randomUUID().replaceAll("-", "").repeat(2),
    }));
    const call = (command: "ADD" | "DEL"): Promise<(Answer & { ms: number })[]> =>
      atOnce(sandboxes, {
        limit: ATTACHMENTS.atOnce,
        work: (sandbox) => callPlugin({ danm, sandbox }, { plugin, command }),
      });
    const before = { ms: performance.now(), cpu: childCpuSeconds() };
    const added = await call("ADD");
    this.#addingMs += performance.now() - before.ms;
    this.#cpuSeconds += childCpuSeconds() - before.cpu;
    const deleted = await call("DEL");
    this.#addMs.push(...added.map(({ ms }) => ms));
    this.#delMs.push(...deleted.map(({ ms }) => ms));
    this.#failures += [...added, ...deleted].filter(({ code }) => code !== 0).length;
    const addresses = added.flatMap(addressesOf);
    this.#duplicates += addresses.length - new Set(addresses).size;
    // A call that succeeded without an address failed, too.
    this.#failures += added.filter((answer) => answer.code === 0 && addressesOf(answer).length === 0).length;
  }

  figures(): PluginFigures {
    return {
      plugin: this.#plugin.name,
      add: summarize(this.#addMs),
      del: summarize(this.#delMs),
      attachesPerSecond: this.#addMs.length / this.#addingMs * 1000,
      addCpuMs: this.#cpuSeconds * 1000 / this.#addMs.length,
      failures: this.#failures,
      duplicates: this.#duplicates,
    };
  }
}

function addressesOf({ code, document }: Answer): string[] {
  const ips = code === 0 ? document?.["ips"] : undefined;
  return Array.isArray(ips) ? ips.map(({ address }) => String(address)) : [];
}
