/**
 * `deno task demo:quick`: shows the plugin `danm` at work on two nodes without kubelets, and checks it. Ends with exit
 * code 0 only when everything was as expected. Ctrl-C takes the cluster down.
 */
import { startLab } from "../tests/support/lab/lab.ts";
import { playDemo } from "./demo/play.ts";
import { runDemo } from "./demo/run_demo.ts";

Deno.exit(
  await runDemo({
    cluster: "A cluster: etcd, kube-apiserver, kube-controller-manager and two nodes",
    start: (progress) => startLab({ nodes: 2, progress }),
    nameOf: (lab) => lab.name,
    play: playDemo,
  }),
);
