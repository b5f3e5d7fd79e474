import type { LabRecord } from "./registry.ts";

/**
 * Starts the process that removes the lab when this one dies. Disposing tells it that the lab is gone, so it must
 * happen after the lab was removed or be followed by that within seconds.
 */
export function startReaper(lab: LabRecord): AsyncDisposable {
  const script = new URL("./reaper.ts", import.meta.url).pathname;
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--config", config, script, lab.name],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    // A session of its own: a Ctrl-C in the terminal must not reach it.
    detached: true,
  }).spawn();
  return {
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await child.stdin.close();
      await child.status;
    },
  };
}
