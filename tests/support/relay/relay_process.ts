/** The process of a node's relay, as the installer has it: `relay_process.ts KUBECONFIG SOCKET`. Ends when it is killed. */
import { Relay } from "../../../installer/relay.ts";
import { loadKubeconfig } from "../../../shared/kube/kubeconfig.ts";
import { createLogger, stderrSink } from "../../../shared/log.ts";

const [kubeconfig = "", socket = ""] = Deno.args;
const log = createLogger(stderrSink("debug"), { level: "debug" });
await new Relay({ socket, target: () => loadKubeconfig(kubeconfig), log }).keep();
