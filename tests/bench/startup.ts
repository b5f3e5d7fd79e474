import { join } from "node:path";
import { DIST } from "../support/danm_lab.ts";
import { summarize, type Summary } from "./statistics.ts";

/** What starting `danm` costs, without any work. */
export interface Startup {
  /** Files that are read at start, and with the verbs, in bytes. */
  readonly mainBytes: number;
  readonly verbsBytes: number;
  /** Wall time of `CNI_COMMAND=VERSION danm`, in milliseconds. */
  readonly version: Summary;
  /** Wall time of an empty script with the same runtime and flags, for comparison, in milliseconds. */
  readonly empty: Summary;
  /** Peak resident memory of VERSION, in bytes. */
  readonly peakBytes: number;
}

const ENV = { CNI_COMMAND: "VERSION", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };

/** Measures the start of the built executable, the two kinds of processes taken in turns. */
export async function measureStartup(runs: number): Promise<Startup> {
  const lib = join(DIST, "lib/danm");
  const scratch = await Deno.makeTempDir({ prefix: "danm-bench-" });
  try {
    const script = join(scratch, "empty.js");
    await Deno.writeTextFile(script, "Deno.exit(0);\n");
    const version: number[] = [];
    const empty: number[] = [];
    for (let run = -3; run < runs; run++) {
      const ours = await time([join(DIST, "danm")]);
      const bare = await time([
        join(DIST, "deno"),
        "run",
        "--no-config",
        "--no-lock",
        "--no-npm",
        "--no-remote",
        script,
      ]);
      // The first runs fill caches.
      if (run < 0) continue;
      version.push(ours);
      empty.push(bare);
    }
    const sizes = new Map(Array.from(Deno.readDirSync(lib), ({ name }) => [name, Deno.statSync(join(lib, name)).size]));
    return {
      mainBytes: sizes.get("main.js") ?? 0,
      verbsBytes: [...sizes].filter(([name]) => name.startsWith("verbs-")).reduce((sum, [, size]) => sum + size, 0),
      version: summarize(version),
      empty: summarize(empty),
      peakBytes: await peakMemory(),
    };
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

async function time(argv: readonly string[]): Promise<number> {
  const [program = "", ...args] = argv;
  const command = new Deno.Command(program, { args, clearEnv: true, env: ENV, stdin: "null", stdout: "null" });
  const began = performance.now();
  const { success } = await command.output();
  const ms = performance.now() - began;
  if (!success) throw new Error(`${argv.join(" ")} failed`);
  return ms;
}

/** The plugin waits for its stdin when everything is loaded: its high-water mark is read there. */
async function peakMemory(): Promise<number> {
  const command = new Deno.Command(join(DIST, "danm"), { clearEnv: true, env: ENV, stdin: "piped", stdout: "null" });
  const child = command.spawn();
  let peak = 0;
  for (let same = 0; same < 10;) {
    const status = await Deno.readTextFile(`/proc/${child.pid}/status`);
    const now = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    same = now === peak ? same + 1 : 0;
    peak = now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await child.stdin.close();
  await child.status;
  return peak;
}
