import { type PluginIo, runPlugin } from "../shared/cni/plugin.ts";
import { readStdin, writeStdout } from "../shared/cni/stdio.ts";
import { warmUpTls } from "../shared/kube/warm_up.ts";
import { RELAY_SOCKET } from "../shared/schema/relay.ts";

/** Where this node's records and hints are. */
const STATE_DIR = "/var/lib/cni/danm";

/** Where the node agent writes what it sees. */
const NODE_REPORT = "/run/danm/node-report.json";

/** Where the kubelet, with its usual root directory, tells which devices Pods have. */
const KUBELET = {
  socketPath: "/var/lib/kubelet/pod-resources/kubelet.sock",
  checkpointPath: "/var/lib/kubelet/device-plugins/kubelet_internal_checkpoint",
};

/** Where runtimes have their configurations. */
const DEFAULT_CONF_DIR = "/etc/cni/net.d";

const command = Deno.env.get("CNI_COMMAND");
if (command !== "VERSION" && command !== "STATUS") warmUpTls(RELAY_SOCKET);

const io: PluginIo = { env: (name) => Deno.env.get(name), readStdin, writeStdout };

const code = await runPlugin(io, {
  commands: ["ADD", "DEL", "CHECK", "GC", "STATUS"],
  load: async () => {
    const { createVerbs } = await import("./verbs.ts");
    return createVerbs({
      path: Deno.env.get("PATH"),
      stateDir: STATE_DIR,
      confDir: Deno.env.get("CNI_CONF_DIR") || DEFAULT_CONF_DIR,
      nodeReport: NODE_REPORT,
      kubelet: KUBELET,
      sysfsRoot: "/sys",
      hostname: () => Deno.hostname(),
    });
  },
});
// The connection to the API server would keep the process alive.
Deno.exit(code);
