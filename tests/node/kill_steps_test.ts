import { assert, assertEquals } from "@std/assert";
import { findPlugin } from "../support/danm_ipam_lab.ts";
import { DanmLab } from "../support/danm_lab.ts";
import { settleDoubts } from "../support/faults/audit.ts";
import { CommandGate } from "../support/faults/command_gate.ts";
import type { KillPoint, Steps, Track } from "../support/faults/killed_call.ts";
import { type Walk, walk, type WalkReport } from "../support/faults/walk.ts";
import { startFaultProxy } from "../support/lab/fault_proxy.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";

const network = (kind: string, name: string, options: object): object => ({
  apiVersion: "danm.io/v1",
  kind,
  metadata: { name, ...(kind !== "ClusterNetwork" && { namespace: "default" }) },
  spec: { NetworkID: name, NetworkType: "macvlan", Options: { host_device: "eth1", ...options } },
});

const NETWORKS = [
  network("DanmNet", "routed", {
    cidr: "10.120.0.0/24",
    net6: "fd00:120::/64",
    routes: { "10.9.0.0/16": "10.120.0.1" },
    rt_tables: 150,
  }),
  network("ClusterNetwork", "shared", { cidr: "10.121.0.0/24", net6: "fd00:121::/64" }),
  network("TenantNetwork", "tenant", { cidr: "10.122.0.0/24" }),
];

/** Dual stack, static and dynamic, with policy rules: whatever the plugin leaves behind, this has it. */
const interfaces = (lane: number): object[] => [
  {
    network: "routed",
    ip: `10.120.0.${200 + lane}`,
    ip6: "dynamic",
    proutes: { "10.8.0.0/16": "10.120.0.2" },
    proutes6: { "fd00:8::/48": "fd00:120::2" },
  },
  { clusterNetwork: "shared", ip: "dynamic", ip6: `fd00:121::20${lane}` },
  { tenantNetwork: "tenant", ip: "dynamic" },
];

labTest("kill -9 at every external step, with macvlan", {}, async () => {
  await using lab = await startLab({ nodes: 2, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  await danm.apply(...NETWORKS);
  const [one, two] = lab.nodes;
  assert(one && two);
  const reports = await Promise.all([lane(one, 1), lane(two, 2)]);
  for (const line of reports.flat().map(describe)) toStderr(line);
  assertEquals(await danm.held(), []);

  async function lane(node: Node, number: number): Promise<WalkReport[]> {
    await using track = await openTrack({ lab, danm, node }, { plugins: ["macvlan"] });
    const common = { node, interfaces: interfaces(number) };
    const del = { aftermath: "del" } as const;
    const plans: Walk[] = number === 1
      ? [
        { ...common, ...del, name: "ADD, then DEL", command: "ADD" },
        { ...common, ...del, name: "DEL, then DEL", command: "DEL" },
      ]
      : [
        { ...common, name: "ADD, then a newer sandbox", command: "ADD", aftermath: "newer" },
        { ...common, ...del, ...failing(track), name: "ADD that fails, then DEL", command: "ADD" },
      ];
    const reports: WalkReport[] = [];
    for (const plan of plans) {
      reports.push(await walk(track, plan));
      // Not in the next walk: the call whose steps are counted there would settle what is old enough.
      toStderr(`${node.name}, ${plan.name}: ${await settleDoubts(danm, node)} doubtful records settled`);
    }
    return reports;
  }
});

labTest("kill -9 at every command and creation, with ipvlan", {}, async () => {
  await using lab = await startLab({ nodes: 2, nodeKind: "auto" });
  const danm = await DanmLab.install(lab);
  await danm.apply(
    network("ClusterNetwork", "built-in", { cidr: "10.123.0.0/24", net6: "fd00:123::/64", rt_tables: 150 }),
  );
  await lab.kubectl(["patch", "clusternetwork", "built-in", "--type=merge", "-p", '{"spec":{"NetworkType":"ipvlan"}}']);
  const [one, two] = lab.nodes;
  assert(one && two);
  const reports = await Promise.all([lane(one, 1), lane(two, 2)]);
  for (const line of reports.map(describe)) toStderr(line);
  assertEquals(await danm.held(), []);

  async function lane(node: Node, number: number): Promise<WalkReport> {
    await using track = await openTrack({ lab, danm, node }, { plugins: [] });
    const plan = {
      node,
      aftermath: "del",
      interfaces: [
        { clusterNetwork: "built-in", ip: `10.123.0.${200 + number}`, proutes: { "10.8.0.0/16": "10.123.0.2" } },
        { clusterNetwork: "built-in", ip: "dynamic", ip6: "dynamic" },
      ],
    } as const;
    const report = number === 1
      ? await walk(track, { ...plan, name: "ADD of ipvlans, then DEL", command: "ADD", pick: aroundCreations })
      : await walk(track, { ...plan, name: "DEL of ipvlans, then DEL", command: "DEL" });
    await settleDoubts(danm, node);
    return report;
  }
});

type OpenTrack = Track & AsyncDisposable;

async function openTrack(
  { lab, danm, node }: { lab: Lab; danm: DanmLab; node: Node },
  options: { plugins: readonly string[] },
): Promise<OpenTrack> {
  const proxy = await startFaultProxy(lab);
  const kubeconfig = await proxy.kubeconfig(danm.user(node));
  const plugins = Object.fromEntries(options.plugins.map((name) => [name, findPlugin(danm.cniPath, name)]));
  const gate = await CommandGate.create(`${lab.dir}/gate-${node.name}`, { cniPath: danm.cniPath, plugins });
  return { danm, proxy, kubeconfig, gate, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}

/** An ADD whose second DanmEp is refused, when all else is done: what is walked is its undoing. */
function failing(
  { proxy }: Track,
): { disturb: () => Promise<void>; pick: (points: KillPoint[], steps: Steps) => KillPoint[] } {
  return {
    disturb: async () => {
      await proxy.faults.once({ kind: "answer", status: 403 }, { method: "POST", path: /danmeps/, nth: 2 });
    },
    pick: (points, { requests, commands }) => {
      const firstUndone = requests.findIndex(({ method }) => method === "DELETE");
      // Attaching ends with the parameters and two batches, the second one for the rules of IPv6.
      const firstUndoing = commands.findIndex((command) => command.includes("sysctl")) + 3;
      return points.filter(({ on, step }) => step > (on === "request" ? firstUndone : firstUndoing));
    },
  };
}

/** User-mode kernels are slow: of the requests only the creations that took effect, which are what can leak. */
function aroundCreations(points: KillPoint[], { requests }: Steps): KillPoint[] {
  return points.filter(({ on, step, moment }) =>
    on === "command" || (requests[step - 1]?.method === "POST" && moment === "after")
  );
}

function describe({ name, requests, commands, kills }: WalkReport): string {
  return `${name}: ${requests} requests, ${commands} commands, ${kills} kills`;
}
