import type { TestSandbox } from "../support/danm_lab.ts";
import { type BenchNode, type BenchPlugin, callPlugin } from "./attach_plugins.ts";
import { childCpuSeconds } from "./child_cpu.ts";
import { type Interval, summarize } from "./statistics.ts";

/** Which step of an ADD, and when: milliseconds since its launcher was started. */
export interface Step extends Interval {
  readonly what: string;
}

/** Where the time of one ADD goes, with nothing else going on: medians of some runs. */
export interface StepFigures {
  readonly steps: readonly (Step & { readonly ms: number })[];
  /** Wall time of the whole process, entering the node included, and its user and system time. */
  readonly wholeMs: number;
  readonly cpuMs: number;
  readonly runs: number;
}

/** A request or a command of an ADD, as its log tells; milliseconds since the launcher was started. */
export interface LogEvent extends Interval {
  readonly kind: "request" | "command";
  /** Method and path, or the command line. */
  readonly what: string;
}

/** One ADD, and its log at level debug. */
export interface LoggedAdd {
  readonly events: readonly LogEvent[];
  /** When its JavaScript started, in milliseconds since the launcher was. */
  readonly scriptMs: number;
  readonly wholeMs: number;
  readonly cpuMs: number;
}

/** The fields of a line of the log that are read here. */
interface Line {
  readonly time: string;
  readonly msg: string;
  readonly ms: number;
  readonly endMs: number;
  readonly method?: string;
  readonly path?: string;
  readonly argv?: readonly string[];
}

/** Which plugin, and where it writes its log at level debug. */
export interface LoggedOptions {
  readonly plugin: BenchPlugin;
  readonly count: number;
  readonly logFile: string;
  readonly runs: number;
  readonly createSandbox: () => Promise<TestSandbox>;
}

/** Rounds that fill caches. */
const WARM_UP = 2;

/**
 * Makes ADDs one after the other and reads their logs.
 *
 * @throws {Error} when one of them, or a DEL, fails
 */
export async function runLogged({ danm, node }: BenchNode, options: LoggedOptions): Promise<LoggedAdd[]> {
  const { plugin, count, logFile, runs, createSandbox } = options;
  const logged: LoggedAdd[] = [];
  for (let run = -WARM_UP; run < runs; run++) {
    const sandbox = await createSandbox();
    await node.run(["rm", "-f", logFile]);
    const cpuBefore = childCpuSeconds();
    const launchedAt = Date.now();
    const added = await callPlugin({ danm, sandbox }, { plugin, count, command: "ADD" });
    const cpuMs = (childCpuSeconds() - cpuBefore) * 1000;
    const { stdout } = await node.run(["cat", logFile]);
    const deleted = await callPlugin({ danm, sandbox }, { plugin, count, command: "DEL" });
    const failure = added.failure ?? deleted.failure;
    if (failure !== undefined) throw new Error(failure);
    if (run >= 0) logged.push({ ...parseLog(stdout, launchedAt), wholeMs: added.ms, cpuMs });
  }
  return logged;
}

/**
 * Reads the log of one process.
 *
 * @param launchedAt when the launcher was started, in milliseconds since the epoch
 * @throws {Error} when it has neither requests nor commands
 */
export function parseLog(text: string, launchedAt: number): Pick<LoggedAdd, "events" | "scriptMs"> {
  const lines = text.trim().split("\n").filter((line) => line !== "").map((line): Line => JSON.parse(line))
    .filter(({ msg }) => msg === "request" || msg === "command");
  if (lines.length === 0) throw new Error("the log has neither requests nor commands; is it of level debug?");
  // Each line has the time of its writing by both clocks; the middle one is not of a moment when the process paused.
  const scriptMs = summarize(lines.map(({ time, endMs }) => Date.parse(time) - endMs)).p50 - launchedAt;
  const events = lines.map((line): LogEvent => ({
    kind: line.msg === "request" ? "request" : "command",
    what: line.argv?.join(" ") ?? `${line.method} ${line.path}`,
    startMs: scriptMs + line.endMs - line.ms,
    endMs: scriptMs + line.endMs,
  }));
  return { events, scriptMs };
}

/**
 * Medians of the steps of several ADDs. The start of the runtime and the end of the process are added.
 *
 * @param stepsOf the steps in between; the same number for each ADD
 */
export function summarizeSteps(logged: readonly LoggedAdd[], stepsOf: (one: LoggedAdd) => Step[]): StepFigures {
  const found = logged.map((one): Step[] => {
    const last = Math.max(...one.events.map(({ endMs }) => endMs));
    return [
      { what: "node entered, launcher, runtime", startMs: 0, endMs: one.scriptMs },
      ...stepsOf(one),
      { what: "result, end of the process", startMs: last, endMs: one.wholeMs },
    ];
  });
  const median = (index: number, pick: (step: Step) => number): number =>
    summarize(found.flatMap((steps) => steps.slice(index, index + 1).map(pick))).p50;
  return {
    steps: (found[0] ?? []).map(({ what }, index) => ({
      what,
      startMs: median(index, ({ startMs }) => startMs),
      endMs: median(index, ({ endMs }) => endMs),
      ms: median(index, ({ startMs, endMs }) => endMs - startMs),
    })),
    wholeMs: summarize(logged.map(({ wholeMs }) => wholeMs)).p50,
    cpuMs: summarize(logged.map(({ cpuMs }) => cpuMs)).mean,
    runs: logged.length,
  };
}

/** From the start of the first to the end of the last of some events. @throws {Error} when there is none */
export function spanOf(events: readonly LogEvent[], { what }: { what: string }): Interval {
  if (events.length === 0) throw new Error(`the log has no ${what}`);
  return {
    startMs: Math.min(...events.map(({ startMs }) => startMs)),
    endMs: Math.max(...events.map(({ endMs }) => endMs)),
  };
}
