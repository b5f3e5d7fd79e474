import type { TestSandbox } from "../support/danm_lab.ts";
import { type BenchNode, type BenchPlugin, callPlugin, type Outcome } from "./attach_plugins.ts";
import { childCpuSeconds } from "./child_cpu.ts";
import { summarize, type Summary } from "./statistics.ts";

/** What attaching sandboxes with a number of interfaces costs on one node, with nothing else going on. */
export interface AttachFigures {
  readonly plugin: string;
  readonly interfaces: number;
  /** Calls of a runtime for one sandbox; they come one after the other. */
  readonly calls: number;
  /** Wall time of all calls, entering the node included, in milliseconds. */
  readonly add: Summary;
  readonly del: Summary;
  /** User and system time of all processes of one ADD, in milliseconds. */
  readonly addCpuMs: number;
  /** Of ADDs and DELs; what fails counts for nothing else. */
  readonly failures: number;
}

/** Which plugins, and how often. */
export interface AttachOptions {
  readonly plugins: readonly BenchPlugin[];
  readonly runs: number;
  readonly onRound?: (round: number) => void;
}

/**
 * Attaches and detaches sandboxes with different plugins and numbers of interfaces in turns, so that a machine that
 * gets slower meanwhile makes all of them slower.
 *
 * @throws {Error} when a plugin fails in the round that warms up, or does not make the interfaces it should
 */
export async function measureAttach(
  place: BenchNode,
  { plugins, runs, onRound }: AttachOptions,
): Promise<AttachFigures[]> {
  const series = plugins.flatMap((plugin) => plugin.counts.map((count) => new Series(plugin, count)));
  // The first round fills caches.
  onRound?.(-1);
  for (const one of series) await one.warmUp(place);
  for (let round = 0; round < runs; round++) {
    onRound?.(round);
    for (const one of round % 2 === 0 ? series : series.toReversed()) await one.run(place);
  }
  return series.map((one) => one.figures());
}

/** A Pod that is to have so many interfaces of a plugin, and its sandbox. */
export async function createSandbox(
  { danm, node }: BenchNode,
  { plugin, count }: { plugin: BenchPlugin; count: number },
): Promise<TestSandbox> {
  return await danm.createSandbox(node, await danm.createPod(node, { annotations: plugin.annotations(count) }));
}

class Series {
  readonly #plugin: BenchPlugin;
  readonly #count: number;
  readonly #addMs: number[] = [];
  readonly #delMs: number[] = [];
  #cpuSeconds = 0;
  #failures: string[] = [];

  constructor(plugin: BenchPlugin, count: number) {
    this.#plugin = plugin;
    this.#count = count;
  }

  async warmUp(place: BenchNode): Promise<void> {
    const sandbox = await this.#sandbox(place);
    const added = await this.#call(place, { sandbox, command: "ADD" });
    if (added.failure !== undefined) throw new Error(added.failure);
    const made = await countLinks(sandbox);
    if (made !== this.#count) {
      throw new Error(`${this.#plugin.name} made ${made} interfaces for a Pod that is to have ${this.#count}`);
    }
    const deleted = await this.#call(place, { sandbox, command: "DEL" });
    if (deleted.failure !== undefined) throw new Error(deleted.failure);
    await place.node.deleteNetns(sandbox.netns);
  }

  async run(place: BenchNode): Promise<void> {
    const sandbox = await this.#sandbox(place);
    const before = childCpuSeconds();
    const added = await this.#call(place, { sandbox, command: "ADD" });
    const cpuSeconds = childCpuSeconds() - before;
    const deleted = await this.#call(place, { sandbox, command: "DEL" });
    await place.node.deleteNetns(sandbox.netns);
    const failures = [added, deleted].flatMap(({ failure }) => failure ?? []);
    this.#failures.push(...failures);
    if (failures.length > 0) return;
    this.#addMs.push(added.ms);
    this.#delMs.push(deleted.ms);
    this.#cpuSeconds += cpuSeconds;
  }

  /** @throws {Error} when every round failed */
  figures(): AttachFigures {
    if (this.#addMs.length === 0) throw new Error(this.#failures[0] ?? `${this.#plugin.name} was not measured`);
    return {
      plugin: this.#plugin.name,
      interfaces: this.#count,
      calls: this.#plugin.calls(this.#count).length,
      add: summarize(this.#addMs),
      del: summarize(this.#delMs),
      addCpuMs: this.#cpuSeconds * 1000 / this.#addMs.length,
      failures: this.#failures.length,
    };
  }

  async #sandbox(place: BenchNode): Promise<TestSandbox> {
    return await createSandbox(place, { plugin: this.#plugin, count: this.#count });
  }

  async #call(
    { danm }: BenchNode,
    { sandbox, command }: { sandbox: TestSandbox; command: "ADD" | "DEL" },
  ): Promise<Outcome> {
    return await callPlugin({ danm, sandbox }, { plugin: this.#plugin, count: this.#count, command });
  }
}

/** How many links a sandbox has, besides its loopback. */
async function countLinks({ node, netns }: TestSandbox): Promise<number> {
  const { stdout } = await node.run(["nsenter", `--net=${netns}`, "ip", "-json", "link", "show"]);
  const links: { ifname: string }[] = JSON.parse(stdout);
  return links.filter(({ ifname }) => ifname !== "lo").length;
}
