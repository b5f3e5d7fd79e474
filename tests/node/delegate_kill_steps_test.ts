import { assert, assertEquals } from "@std/assert";
import { findPlugin } from "../support/danm_ipam_lab.ts";
import { DanmLab, DIST } from "../support/danm_lab.ts";
import { DelegateLab, hostTraces } from "../support/delegates/delegate_lab.ts";
import { settleDoubts } from "../support/faults/audit.ts";
import { CommandGate } from "../support/faults/command_gate.ts";
import type { Track } from "../support/faults/killed_call.ts";
import { walk, type WalkReport } from "../support/faults/walk.ts";
import { startFaultProxy } from "../support/lab/fault_proxy.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";

const PORTS = { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] };

const PLUGINS = [
  {
    type: "bridge",
    bridge: "brwalk",
    ipam: { type: "host-local", subnet: "10.160.0.0/24" },
  },
  { type: "portmap", backend: "nftables", snat: false, capabilities: { portMappings: true } },
];

labTest("kill -9 at every external step, with a list of plugins", {}, async () => {
  await using lab = await startLab({ nodes: 2, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const delegates = new DelegateLab(danm);
  await delegates.define({
    name: "listed",
    type: "bridge",
    file: { plugins: PLUGINS },
    options: { cidr: "10.161.0.0/24" },
  });
  const configured = danm.calling({
    executable: `${DIST}/danm`,
    conf: (node, options) => ({ ...danm.conf(node, delegates.with(options)), runtimeConfig: PORTS }),
  });
  const [one, two] = lab.nodes;
  assert(one && two);
  const reports = await Promise.all([lane(one, "ADD"), lane(two, "DEL")]);
  for (const { name, requests, commands, kills } of reports) {
    toStderr(`${name}: ${requests} requests, ${commands} commands, ${kills} kills`);
  }
  assertEquals(await danm.held(), []);

  async function lane(node: Node, command: "ADD" | "DEL"): Promise<WalkReport> {
    await using proxy = await startFaultProxy(lab);
    const plugins = Object.fromEntries(PLUGINS.map(({ type }) => [type, findPlugin(danm.cniPath, type)]));
    const gate = await CommandGate.create(`${lab.dir}/gate-${node.name}`, { cniPath: danm.cniPath, plugins });
    const track: Track = { danm: configured, proxy, gate, kubeconfig: await proxy.kubeconfig(danm.user(node)) };
    // Our addresses for the one, those of the file for the other.
    const interfaces = [{ network: "listed", ip: "dynamic" }, { network: "listed" }];
    const plan = { name: `${command}, then DEL`, command, node, interfaces, aftermath: "del" } as const;
    const report = await walk(track, plan);
    await settleDoubts(danm, node);
    assertEquals(await hostTraces(node), []);
    return report;
  }
});
