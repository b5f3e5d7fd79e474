/**
 * `deno task demo`: shows DANM at work on a cluster of two nodes, and checks it. Ends with exit code 0 only when
 * everything was as expected. Ctrl-C takes the cluster down.
 */
import { messageOf } from "../shared/errors.ts";
import { type Lab, startLab } from "../tests/support/lab/lab.ts";
import { findLeftovers } from "../tests/support/lab/leftovers.ts";
import { Screen } from "./demo/screen.ts";
import { playDemo } from "./demo/play.ts";
import { buildExecutables, installDependencies, prepareLab } from "./support/prepare.ts";
import { ROOT } from "./support/root.ts";

/** Exit code after Ctrl-C, as shells have it: 128 + SIGINT. */
const INTERRUPTED = 130;

const encoder = new TextEncoder();
const screen = new Screen({
  write: (text) => {
    Deno.stdout.writeSync(encoder.encode(text));
  },
  colours: Deno.stdout.isTerminal() && !Deno.noColor,
});
const progress = (line: string): void => screen.progress(line);

async function main(): Promise<number> {
  const begin = performance.now();
  screen.section("Preparing: what is missing is installed and built, which takes some minutes the first time");
  await installDependencies({ root: ROOT, progress });
  const missing = await prepareLab(progress);
  if (missing.length > 0) {
    for (const reason of missing) screen.verdict(false, `the demo cannot run here: ${reason}`);
    return 1;
  }
  await buildExecutables({ root: ROOT, progress });
  const prepared = performance.now();
  const name = await withLab((lab) => playDemo(lab, screen));
  const left = await findLeftovers(name);
  screen.check(left.length === 0, ["the machine has nothing left of the cluster", ...left].join("; "));
  const seconds = (from: number, to: number): string => `${((to - from) / 1000).toFixed(0)} s`;
  const end = performance.now();
  const times = `${seconds(prepared, end)}, and ${seconds(begin, prepared)} for preparing`;
  const { failures, checks } = screen;
  if (failures.length === 0) screen.verdict(true, `Everything was as expected: ${checks} checks passed, in ${times}.`);
  else screen.verdict(false, `${failures.length} of ${checks} checks FAILED, in ${times}:\n${failures.join("\n")}`);
  return failures.length === 0 ? 0 : 1;
}

/** Runs `work` on a lab, until it is done or somebody presses Ctrl-C. @returns the name that the lab had */
async function withLab(work: (lab: Lab) => Promise<void>): Promise<string> {
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  // Somebody may press it when nobody waits for it any more.
  interrupted.catch(() => {});
  const interrupt = (): void => reject(new Deno.errors.Interrupted("Ctrl-C"));
  Deno.addSignalListener("SIGINT", interrupt);
  Deno.addSignalListener("SIGTERM", interrupt);
  try {
    screen.section("A cluster: etcd, kube-apiserver, kube-controller-manager and two nodes");
    await using lab = await Promise.race([startLab({ nodes: 2, progress }), interrupted]);
    await Promise.race([work(lab), interrupted]);
    screen.progress("taking the cluster down");
    return lab.name;
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
    Deno.removeSignalListener("SIGTERM", interrupt);
  }
}

try {
  Deno.exit(await main());
} catch (error) {
  if (error instanceof Deno.errors.Interrupted) {
    screen.verdict(false, "Interrupted: the cluster is taken down.");
    Deno.exit(INTERRUPTED);
  }
  screen.verdict(false, `The demo failed: ${messageOf(error)}`);
  Deno.exit(1);
}
