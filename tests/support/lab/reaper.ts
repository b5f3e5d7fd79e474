/**
 * Watches over one lab from a process of its own: its standard input ends when the lab's runner ends, however
 * that happens (also by SIGKILL), and then it removes what the runner left.
 *
 * Usage: reaper.ts NAME
 */
import { reclaimDeadLabs } from "./reclaim.ts";
import { isAlive, listLabs, withRegistry } from "./registry.ts";
import { waitFor } from "../wait.ts";

if (import.meta.main) {
  for await (const _ of Deno.stdin.readable) {
    // Nothing is ever sent; the end is the message.
  }
  const name = Deno.args[0] ?? "";
  // The pipe closes a moment before the kernel calls the process dead.
  await waitFor(`the runner of ${name} to end or to have tidied up`, async () => {
    const lab = (await withRegistry(listLabs)).find((lab) => lab.name === name);
    return lab === undefined || !isAlive(lab);
  });
  await reclaimDeadLabs();
}
