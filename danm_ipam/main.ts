import { type PluginIo, runPlugin } from "../shared/cni/plugin.ts";
import { readStdin, writeStdout } from "../shared/cni/stdio.ts";
import { warmUpTls } from "../shared/kube/warm_up.ts";
import { RELAY_SOCKET } from "../shared/schema/relay.ts";

/** Where this node's records are; apart from those of `danm`, which may have called us for the same sandbox. */
const STATE_DIR = "/var/lib/cni/danm-ipam";
/** Shared with `danm`, so that both do not try the same addresses. */
const HINTS_DIR = "/var/lib/cni/danm/hints";

const command = Deno.env.get("CNI_COMMAND");
if (command === "ADD" || command === "DEL") warmUpTls(RELAY_SOCKET);

const io: PluginIo = { env: (name) => Deno.env.get(name), readStdin, writeStdout };

const code = await runPlugin(io, {
  commands: ["ADD", "DEL", "CHECK", "GC", "STATUS"],
  load: async () => {
    const { createVerbs } = await import("./verbs.ts");
    return createVerbs({ stateDir: STATE_DIR, hintsDir: HINTS_DIR, hostname: () => Deno.hostname() });
  },
});
// The connection to the API server would keep the process alive.
Deno.exit(code);
