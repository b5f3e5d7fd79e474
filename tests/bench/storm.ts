import type { TestSandbox } from "../support/danm_lab.ts";
import { atOnce } from "./at_once.ts";
import { createSandbox } from "./attach.ts";
import { type BenchNode, type BenchPlugin, callPlugin, type Outcome } from "./attach_plugins.ts";
import { childCpuSeconds } from "./child_cpu.ts";
import { summarize, type Summary } from "./statistics.ts";

/** How many sandboxes are attached in a round, and how many of them at once. */
export interface StormSize {
  readonly sandboxes: number;
  readonly atOnce: number;
}

/** What is promised is promised for this size. */
export const STORM: StormSize = { sandboxes: 60, atOnce: 20 };

/** What attaching many sandboxes at once costs, with one interface each. */
export interface StormFigures {
  readonly plugin: string;
  readonly add: Summary;
  readonly del: Summary;
  /** Those that succeeded. */
  readonly attachesPerSecond: number;
  /** User and system time of all processes of one ADD, in milliseconds. */
  readonly addCpuMs: number;
  /** Calls that failed. */
  readonly failures: number;
  /** What the first of them answered. */
  readonly firstFailure?: string;
  /** Addresses that two sandboxes had at once. */
  readonly duplicates: number;
}

/** Which plugins, and how often. */
export interface StormOptions {
  readonly plugins: readonly BenchPlugin[];
  readonly rounds: number;
  readonly size?: StormSize;
  readonly onRound?: (round: number) => void;
}

/** Attaches, then detaches many sandboxes at once with each plugin, in turns. */
export async function measureStorms(place: BenchNode, options: StormOptions): Promise<StormFigures[]> {
  const { plugins, rounds, size = STORM, onRound } = options;
  const homes = new Homes(place, size);
  const series: Series[] = [];
  for (const plugin of plugins) series.push(new Series(plugin, { homes: await homes.of(plugin), size }));
  for (let round = 0; round < rounds; round++) {
    onRound?.(round);
    for (const one of round % 2 === 0 ? series : series.toReversed()) await one.run(place);
  }
  await homes.remove();
  return series.map((one) => one.figures());
}

/** Pods with a namespace each. Plugins that ask the same of a Pod share them, for they come one after the other. */
class Homes {
  readonly #place: BenchNode;
  readonly #size: StormSize;
  readonly #homes = new Map<string, TestSandbox[]>();

  constructor(place: BenchNode, size: StormSize) {
    this.#place = place;
    this.#size = size;
  }

  async of(plugin: BenchPlugin): Promise<TestSandbox[]> {
    const key = JSON.stringify(plugin.annotations(1));
    const homes = this.#homes.get(key) ?? await atOnce(Array(this.#size.sandboxes).fill(undefined), {
      limit: 4,
      work: () => createSandbox(this.#place, { plugin, count: 1 }),
    });
    this.#homes.set(key, homes);
    return homes;
  }

  async remove(): Promise<void> {
    for (const { netns } of [...this.#homes.values()].flat()) await this.#place.node.deleteNetns(netns);
  }
}

class Series {
  readonly #plugin: BenchPlugin;
  readonly #homes: readonly TestSandbox[];
  readonly #size: StormSize;
  readonly #addMs: number[] = [];
  readonly #delMs: number[] = [];
  readonly #failures: string[] = [];
  #attached = 0;
  #addingMs = 0;
  #cpuSeconds = 0;
  #duplicates = 0;

  constructor(plugin: BenchPlugin, { homes, size }: { homes: readonly TestSandbox[]; size: StormSize }) {
    this.#plugin = plugin;
    this.#homes = homes;
    this.#size = size;
  }

  /** One round: a new sandbox for each Pod, in the namespace of the one before. */
  async run({ danm }: BenchNode): Promise<void> {
    const sandboxes = this.#homes.map((home) => ({
      ...home,
      containerID: crypto.randomUUID().replaceAll("-", "").repeat(2),
    }));
    const call = (command: "ADD" | "DEL"): Promise<Outcome[]> =>
      atOnce(sandboxes, {
        limit: this.#size.atOnce,
        work: (sandbox) => callPlugin({ danm, sandbox }, { plugin: this.#plugin, count: 1, command }),
      });
    const before = { ms: performance.now(), cpu: childCpuSeconds() };
    const added = await call("ADD");
    this.#addingMs += performance.now() - before.ms;
    this.#cpuSeconds += childCpuSeconds() - before.cpu;
    this.#attached += added.filter(({ failure }) => failure === undefined).length;
    const deleted = await call("DEL");
    this.#addMs.push(...added.map(({ ms }) => ms));
    this.#delMs.push(...deleted.map(({ ms }) => ms));
    this.#failures.push(...[...added, ...deleted].flatMap(({ failure }) => failure ?? []));
    const addresses = added.flatMap((outcome) => outcome.addresses);
    this.#duplicates += addresses.length - new Set(addresses).size;
  }

  figures(): StormFigures {
    const [firstFailure] = this.#failures;
    return {
      plugin: this.#plugin.name,
      add: summarize(this.#addMs),
      del: summarize(this.#delMs),
      attachesPerSecond: this.#attached / this.#addingMs * 1000,
      addCpuMs: this.#cpuSeconds * 1000 / this.#addMs.length,
      failures: this.#failures.length,
      ...(firstFailure !== undefined && { firstFailure }),
      duplicates: this.#duplicates,
    };
  }
}
