/**
 * Starts a lab and never ends: for tests of what is left when a runner dies. Prints the lab's name when it is up.
 *
 * Usage: lab_runner.ts NODES KIND [throw]
 */
import { startLab } from "./lab.ts";
import type { NodeKind } from "./nodes.ts";

if (import.meta.main) {
  const [nodes = "0", kind = "native", end] = Deno.args;
  const lab = await startLab({ nodes: Number(nodes), nodeKind: kind as NodeKind, controllerManager: false });
  for (const node of lab.nodes) {
    // Something that runs in a sandbox, as a Pod would.
    const path = await node.createNetns("sandbox");
    await node.start(["nsenter", `--net=${path}`, "sleep", "1000"]);
  }
  Deno.stdout.writeSync(new TextEncoder().encode(`${lab.name}\n`));
  if (end === "throw") throw new Error("a test failed");
  await new Promise((resolve) => setTimeout(resolve, 3_600_000));
}
