import { messageOf } from "../../shared/errors.ts";
import { findLeftovers } from "../../tests/support/lab/leftovers.ts";
import type { Progress } from "../../tests/support/progress.ts";
import { buildExecutables, installDependencies, prepareLab } from "../support/prepare.ts";
import { ROOT } from "../support/root.ts";
import { Screen } from "./screen.ts";

/** A demo, and the cluster that it plays on. */
export interface Demo<Stage extends AsyncDisposable> {
  /** Prepares what it needs besides the executables. @returns what is missing here, for people */
  prepare?(progress: Progress): Promise<string[]>;
  /** What the cluster is, as the title of a section. */
  readonly cluster: string;
  start(progress: Progress): Promise<Stage>;
  /** Name of the lab, by which leftovers are found. */
  nameOf(stage: Stage): string;
  play(stage: Stage, screen: Screen): Promise<void>;
}

/** Exit code after Ctrl-C, as shells have it: 128 + SIGINT. */
const INTERRUPTED = 130;

/**
 * Plays a demo on the terminal; Ctrl-C takes its cluster down.
 *
 * @returns the exit code: 0 only when everything was as expected
 */
export async function runDemo<Stage extends AsyncDisposable>(demo: Demo<Stage>): Promise<number> {
  const encoder = new TextEncoder();
  const screen = new Screen({
    write: (text) => {
      Deno.stdout.writeSync(encoder.encode(text));
    },
    colours: Deno.stdout.isTerminal() && !Deno.noColor,
  });
  try {
    return await run(demo, screen);
  } catch (error) {
    const wasInterrupted = error instanceof Deno.errors.Interrupted;
    const what = wasInterrupted ? "Interrupted: the cluster is taken down." : `The demo failed: ${messageOf(error)}`;
    screen.verdict(false, what);
    return wasInterrupted ? INTERRUPTED : 1;
  }
}

async function run<Stage extends AsyncDisposable>(demo: Demo<Stage>, screen: Screen): Promise<number> {
  const progress = (line: string): void => screen.progress(line);
  const begin = performance.now();
  screen.section("Preparing: what is missing is installed and built, which takes some minutes the first time");
  await installDependencies({ root: ROOT, progress });
  const missing = await prepareLab(progress);
  if (missing.length === 0) {
    await buildExecutables({ root: ROOT, progress });
    missing.push(...await demo.prepare?.(progress) ?? []);
  }
  if (missing.length > 0) {
    for (const reason of missing) screen.verdict(false, `the demo cannot run here: ${reason}`);
    return 1;
  }
  const prepared = performance.now();
  const name = await onStage(demo, screen);
  const left = await findLeftovers(name);
  screen.check(left.length === 0, ["the machine has nothing left of the cluster", ...left].join("; "));
  const seconds = (from: number, to: number): string => `${((to - from) / 1000).toFixed(0)} s`;
  const times = `${seconds(prepared, performance.now())}, and ${seconds(begin, prepared)} for preparing`;
  const { failures, checks } = screen;
  if (failures.length === 0) screen.verdict(true, `Everything was as expected: ${checks} checks passed, in ${times}.`);
  else screen.verdict(false, `${failures.length} of ${checks} checks FAILED, in ${times}:\n${failures.join("\n")}`);
  return failures.length === 0 ? 0 : 1;
}

/** Plays until it is done or somebody presses Ctrl-C. @returns the name that the lab had */
async function onStage<Stage extends AsyncDisposable>(demo: Demo<Stage>, screen: Screen): Promise<string> {
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  // Somebody may press it when nobody waits for it any more.
  interrupted.catch(() => {});
  const interrupt = (): void => reject(new Deno.errors.Interrupted("Ctrl-C"));
  Deno.addSignalListener("SIGINT", interrupt);
  Deno.addSignalListener("SIGTERM", interrupt);
  try {
    screen.section(demo.cluster);
    await using stage = await Promise.race([demo.start((line) => screen.progress(line)), interrupted]);
    await Promise.race([demo.play(stage, screen), interrupted]);
    screen.progress("taking the cluster down");
    return demo.nameOf(stage);
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
    Deno.removeSignalListener("SIGTERM", interrupt);
  }
}
