import { join } from "node:path";
import { run } from "../support/run.ts";
import type { CallerOptions } from "./ipam_caller.ts";
import { summarize } from "./statistics.ts";

const PROCESS = join(import.meta.dirname ?? "", "ipam_memory_process.ts");

/**
 * Peak memory of a fresh process that takes one address and gives it back, in bytes: the median of some processes for
 * each caller, in turns.
 */
export async function measureMemory(callers: readonly CallerOptions[], processes: number): Promise<number[]> {
  const found: number[][] = callers.map(() => []);
  for (let round = -1; round < processes; round++) {
    for (const [index, caller] of callers.entries()) {
      const bytes = await peakOf(caller);
      // The first round fills the cache of compiled code.
      if (round >= 0) found[index]?.push(bytes);
    }
  }
  return found.map((bytes) => summarize(bytes).p50);
}

async function peakOf(caller: CallerOptions): Promise<number> {
  const { stdout } = await run([Deno.execPath(), "run", "--quiet", "--allow-all", PROCESS, JSON.stringify(caller)]);
  const bytes = Number(stdout);
  if (!(bytes > 0)) throw new Error(`not a number of bytes: ${stdout}`);
  return bytes;
}
