/** Takes one address of network `wide`, gives it back and prints the process's peak memory in bytes. */
import { Caller, type CallerOptions } from "./ipam_caller.ts";
import { readBenchNetwork } from "./ipam_cluster.ts";

async function main(): Promise<void> {
  const options: CallerOptions = JSON.parse(Deno.args[0] ?? "");
  using caller = await Caller.open(options);
  const taken = await caller.allocate(await readBenchNetwork(caller.client, "wide"));
  await caller.release(taken);
  const status = await Deno.readTextFile("/proc/self/status");
  const bytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  Deno.stdout.writeSync(new TextEncoder().encode(String(bytes)));
}

if (import.meta.main) await main();
