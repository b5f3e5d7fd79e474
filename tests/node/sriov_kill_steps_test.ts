import { assert, assertEquals, assertMatch } from "@std/assert";
import { DanmLab } from "../support/danm_lab.ts";
import { SriovNode } from "../support/delegates/sriov_node.ts";
import { settleDoubts } from "../support/faults/audit.ts";
import { CommandGate } from "../support/faults/command_gate.ts";
import type { KillPoint, Steps, Track } from "../support/faults/killed_call.ts";
import { walk, type WalkReport } from "../support/faults/walk.ts";
import { startFaultProxy } from "../support/lab/fault_proxy.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";
import { GrpcServer } from "../support/kubelet/grpc_server.ts";
import { encodeMessage, fieldsOf, podMessage } from "../support/kubelet/messages.ts";

const POOL = "vendor.com/sriov";
const FUNCTIONS = [
  { id: "0000:05:10.0", driver: "ixgbevf", link: "ens1f0v0" },
  { id: "0000:05:10.1", driver: "ixgbevf", link: "ens1f0v1" },
];

labTest("kill -9 at every external step, with two virtual functions", {}, async () => {
  await using lab = await startLab({ nodes: 2, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  await danm.apply({
    apiVersion: "danm.io/v1",
    kind: "DanmNet",
    metadata: { name: "walked", namespace: "default" },
    spec: { NetworkID: "walked", NetworkType: "sriov", Options: { device_pool: POOL, cidr: "10.170.0.0/24" } },
  });
  const dir = `${lab.dir}/pod-resources`;
  await Deno.mkdir(dir);
  await using _kubelet = GrpcServer.start(`${dir}/kubelet.sock`, { "/v1.PodResourcesLister/Get": everyPod });
  const [one, two] = lab.nodes;
  assert(one && two);
  const reports = await Promise.all([lane(one, "ADD"), lane(two, "DEL")]);
  for (const { name, requests, commands, kills } of reports) {
    toStderr(`${name}: ${requests} requests, ${commands} commands, ${kills} kills`);
  }
  assertEquals(await danm.held(), []);

  async function lane(node: Node, command: "ADD" | "DEL"): Promise<WalkReport> {
    const { pluginDir } = await SriovNode.prepare(node, { dir: lab.dir, functions: FUNCTIONS, plugins: ["sriov"] });
    await node.run(["sh", "-c", `mkdir -p /var/lib/kubelet && ln -s ${dir} /var/lib/kubelet/pod-resources`]);
    await using proxy = await startFaultProxy(lab);
    const plugins = { sriov: `${pluginDir}/sriov` };
    const gate = await CommandGate.create(`${lab.dir}/gate-${node.name}`, { cniPath: danm.cniPath, plugins });
    const track: Track = { danm, proxy, gate, kubeconfig: await proxy.kubeconfig(danm.user(node)) };
    const interfaces = [{ network: "walked", ip: "dynamic" }, { network: "walked", ip: "dynamic" }];
    const name = `${command}, then DEL`;
    const report = await walk(track, {
      name,
      command,
      node,
      interfaces,
      aftermath: "del",
      pick: withoutOrphans,
    });
    await settleDoubts(danm, node);
    const { stdout } = await node.run(["ip", "-brief", "link", "show"]);
    for (const { link } of FUNCTIONS) assertMatch(stdout, new RegExp(`^${link}@`, "m"));
    return report;
  }
});

/** Whichever Pod is asked for has both functions. */
function everyPod(request: Uint8Array): Uint8Array {
  const [name = "", namespace = ""] = [1, 2].map((field) => new TextDecoder().decode(fieldsOf(request, field)[0]));
  return encodeMessage([1, podMessage(namespace, name, [[[POOL, FUNCTIONS.map(({ id }) => id)]]])]);
}

/** A plugin that goes on alone may be overtaken by the DEL: nobody could undo what it then does. */
function withoutOrphans(points: KillPoint[], { commands }: Steps): KillPoint[] {
  return points.filter((point) => point.moment !== "orphan" || !commands[point.step - 1]?.startsWith("sriov"));
}
