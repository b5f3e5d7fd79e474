import { findStartTime } from "./process_facts.ts";
import { signalProcess } from "../run.ts";

/** A lab that another process runs, and that process. */
export interface Runner {
  /** The lab's name. */
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has ended. */
  readonly ended: Promise<Deno.CommandStatus>;
}

/**
 * Starts a process that starts a lab, and waits until it is up. The process leads a group of its own, like a job
 * of a terminal.
 *
 * @param args as `lab_runner.ts` takes them
 */
export async function startRunner(...args: readonly string[]): Promise<Runner> {
  const script = new URL("./lab_runner.ts", import.meta.url).pathname;
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--config", config, script, ...args],
    stdout: "piped",
    stderr: "null",
    detached: true,
  }).spawn();
  let name = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    name += chunk;
    if (name.endsWith("\n")) break;
  }
  if (name === "") throw new Error(`the lab's runner ended with code ${(await child.status).code}`);
  return { name: name.trim(), pid: child.pid, ended: child.status };
}

/** Kills the process that watches over a lab, as a machine in need of memory might. */
export function killReaper(lab: string): void {
  for (const entry of Deno.readDirSync("/proc")) {
    const pid = Number(entry.name);
    if (!Number.isInteger(pid) || findStartTime(pid) === undefined) continue;
    const words = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
    if (words.includes(lab) && words.some((word) => word.endsWith("/reaper.ts"))) signalProcess(pid, "SIGKILL");
  }
}
