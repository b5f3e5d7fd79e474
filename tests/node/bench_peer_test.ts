import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { measureAttach } from "../bench/attach.ts";
import { type Peer, readPeers } from "../bench/attach_peer.ts";
import { installPeer } from "../bench/attach_peer_plugin.ts";
import { type BenchNode, type BenchPlugin, danmPlugin, floorPlugin } from "../bench/attach_plugins.ts";
import { reportAttach } from "../bench/attach_report.ts";
import { measureAttachSteps } from "../bench/attach_steps.ts";
import { measureStorms } from "../bench/storm.ts";
import { DanmLab } from "../support/danm_lab.ts";
import { ensureBinaries } from "../support/lab/binaries.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { toStderr } from "../support/progress.ts";

const SIZE = { sandboxes: 4, atOnce: 2 };

labTest("the benchmark measures a peer by its directory, beside danm and the floor", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  if (!node) throw new Error("the lab has no node");
  const place: BenchNode = { danm, node, kubeconfig: danm.kubeconfig(node) };
  const directory = await makePeer();
  try {
    const [peer] = await readPeers([`Other one=${directory}`]);
    if (!peer) throw new Error("no peer was read");
    const other = await installPeer(peer, place);

    await t.step("its objects are applied, filled in", async () => {
      const { data } = JSON.parse(await lab.kubectl(["get", "configmap", "other", "-o", "json"]));
      assertEquals(data, { master: node.uplink, directory });
    });
    const plugins = [await danmPlugin(place, { backend: "macvlan" }), await floorPlugin(place), other].map(
      withoutEight,
    );
    await t.step("all are measured, and nothing fails", () => measureAll(place, plugins));
    await t.step("a peer that makes too few interfaces is refused", () => refuse(place, peer));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** The reference plugins under other names; in the file system that nodes share with the host. */
async function makePeer(): Promise<string> {
  const { macvlan, "host-local": hostLocal } = await ensureBinaries(["macvlan", "host-local"], toStderr);
  const directory = await Deno.makeTempDir({ prefix: "danm-peer-" });
  await Deno.copyFile(macvlan, join(directory, "other"));
  await Deno.copyFile(hostLocal, join(directory, "other-ipam"));
  const write = (file: string, document: object): Promise<void> =>
    Deno.writeTextFile(join(directory, file), JSON.stringify(document));
  await write("conf.json", {
    cniVersion: "1.0.0",
    name: "other-{{index}}",
    type: "other",
    master: "{{master}}",
    ipam: {
      type: "other-ipam",
      dataDir: "/var/lib/other",
      ranges: [[{ subnet: "10.224.{{index}}.0/24" }]],
    },
  });
  await Deno.mkdir(join(directory, "objects"));
  await write("objects/settings.json", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "other", namespace: "default" },
    data: { master: "{{master}}", directory: "{{directory}}" },
  });
  return directory;
}

function withoutEight(plugin: BenchPlugin): BenchPlugin {
  return { ...plugin, counts: plugin.counts.filter((count) => count < 8) };
}

async function measureAll(place: BenchNode, plugins: readonly BenchPlugin[]): Promise<void> {
  const figures = await measureAttach(place, { plugins, runs: 1 });
  assertEquals(figures.map((one) => [one.plugin, one.interfaces, one.calls, one.failures]), [
    ["danm", 1, 1, 0],
    ["danm", 3, 1, 0],
    ["macvlan + host-local", 1, 1, 0],
    ["macvlan + host-local", 3, 3, 0],
    ["Other one", 1, 1, 0],
    ["Other one", 3, 3, 0],
  ]);
  const storms = await measureStorms(place, { plugins, rounds: 2, size: SIZE });
  assertEquals(storms.map((one) => [one.plugin, one.add.count, one.failures, one.duplicates]), [
    ["danm", 8, 0, 0],
    ["macvlan + host-local", 8, 0, 0],
    ["Other one", 8, 0, 0],
  ]);
  const logged = await measureAttachSteps(place, { backend: "macvlan", runs: 1 });
  assertEquals(logged.map(({ interfaces, delegates }) => [interfaces, delegates]), [[1, 1], [3, 3], [8, 8]]);
  const { blocks } = reportAttach([{ where: "here", backend: "macvlan", figures, storms, logged }]);
  assertMatch(blocks.join("\n"), /\| Other one \| 3 \| 3 \|/);
}

async function refuse(place: BenchNode, peer: Peer): Promise<void> {
  const text = JSON.stringify({ 1: {}, 3: {} });
  const lying = await installPeer({ ...peer, annotations: { file: "annotations.json", text }, counts: [1, 3] }, place);
  await assertRejects(
    () => measureAttach(place, { plugins: [lying], runs: 1 }),
    Error,
    "Other one made 1 interfaces for a Pod that is to have 3",
  );
}
