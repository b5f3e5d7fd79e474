import { type PluginIo, runPlugin } from "../shared/cni/plugin.ts";
import { warmUpTls } from "../shared/kube/warm_up.ts";

/** Where this node's records and hints are. */
const STATE_DIR = "/var/lib/cni/danm";

const command = Deno.env.get("CNI_COMMAND");
if (command === "ADD" || command === "DEL") warmUpTls();

const io: PluginIo = {
  env: (name) => Deno.env.get(name),
  readStdin: async () => new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer()),
  writeStdout: (text) => writeAll(new TextEncoder().encode(text)),
};

const code = await runPlugin(io, async () => {
  const { createVerbs } = await import("./verbs.ts");
  return createVerbs({
    path: Deno.env.get("PATH"),
    stateDir: STATE_DIR,
    hostname: () => Deno.hostname(),
  });
});
// The connection to the API server would keep the process alive.
Deno.exit(code);

function writeAll(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}
