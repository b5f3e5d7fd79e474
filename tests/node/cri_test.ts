import { assert, assertEquals, assertMatch } from "@std/assert";
import { DanmLab, DIST } from "../support/danm_lab.ts";
import { DelegateLab, inside, waitForPing } from "../support/delegates/delegate_lab.ts";
import { KubeletPods, type RunningPod } from "../support/kubelet/kubelet_pods.ts";
import { PodNode } from "../support/kubelet/pod_node.ts";
import { type FaultProxy, startFaultProxy } from "../support/lab/fault_proxy.ts";
import { findLeftovers } from "../support/lab/leftovers.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { run } from "../support/run.ts";
import { waitFor } from "../support/wait.ts";

labTest("Pods of a kubelet whose containerd calls danm", { containers: true }, async (t) => {
  const { name, containerID } = await useLab(t);
  await t.step("end with their lab", async () => {
    assertEquals(await findLeftovers(name), []);
    assertEquals((await run(["find", "/sys/fs/cgroup", "-name", containerID])).stdout, "");
  });
});

/** @returns the lab's name, and the sandbox of a Pod that still runs when the lab is taken down */
async function useLab(t: Deno.TestContext): Promise<{ name: string; containerID: string }> {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  const delegates = new DelegateLab(danm);
  await delegates.define({
    name: "wire",
    type: "bridge",
    file: { plugins: [{ type: "bridge", bridge: "brwire" }, { type: "tuning" }] },
    options: { cidr: "10.151.0.0/24", net6: "fd00:151::/64" },
  });
  await danm.apply(macvlan("lan", node, { cidr: "10.150.0.0/24", net6: "fd00:150::/64" }));
  await using proxy = await startFaultProxy(lab);
  const kubeconfig = await proxy.kubeconfig(danm.user(node));
  const plugin = danm.conf(node, { kubeconfig, conf: { cniDir: delegates.cniDir } });
  const binDirs = [DIST, ...danm.cniPath.split(":")];
  await PodNode.start(lab, node, { conflist: { cniVersion: "1.1.0", name: "danm", plugins: [plugin] }, binDirs });
  const pods = new KubeletPods(danm, node);
  const world: World = { danm, node, pods, proxy, kubeconfig };
  await pods.nodeReady("True");

  await t.step("run with the interfaces that they ask for, reach each other, and leave nothing", () => live(world));
  await t.step("say why their network cannot be made, and run when it can", () => missing(world));
  await t.step("get a new sandbox for one that died", () => died(world));
  await t.step("go with their sandbox's network namespace already gone", () => rebooted(world));
  await t.step("are there until their network is gone, also while the API server is cut off", () => cutOff(world));
  await t.step("leave nothing either when they are deleted by force meanwhile", () => forced(world));
  await t.step("wait while the node has no kubeconfig", () => notReady(world));
  const { sandbox } = await pods.run("last", BOTH);
  return { name: lab.name, containerID: sandbox.containerID };
}

interface World {
  readonly danm: DanmLab;
  readonly node: Node;
  readonly pods: KubeletPods;
  /** Between danm and the API server; the kubelet has its own way. */
  readonly proxy: FaultProxy;
  readonly kubeconfig: string;
}

const BOTH = [
  { network: "lan", ip: "dynamic", ip6: "dynamic" },
  { network: "wire", ip: "dynamic", ip6: "dynamic" },
];

function macvlan(name: string, { uplink }: Node, options: object): object {
  return {
    apiVersion: "danm.io/v1",
    kind: "DanmNet",
    metadata: { name, namespace: "default" },
    spec: { NetworkID: name, NetworkType: "macvlan", Options: { host_device: uplink, ...options } },
  };
}

async function live({ pods, danm }: World): Promise<void> {
  const [first, second] = await Promise.all([pods.run("first", BOTH), pods.run("second", BOTH)]);
  const addresses = await addressesOf(second);
  assertEquals(addresses.map(([name]) => name), ["eth0", "eth0", "eth1", "eth1"]);
  assertEquals(second.podIPs, addresses.filter(([name]) => name === "eth0").map(([, address]) => address));
  assertEquals(await endpointsOf(danm, second), addresses);
  for (const [, address] of addresses) await waitForPing(first.sandbox, address);
  for (const pod of [first, second]) await pods.startDeletion(pod);
  for (const pod of [first, second]) await pods.gone(pod);
  // Without waiting: the kubelet lets go of a Pod when the runtime has removed its network.
  for (const { sandbox } of [first, second]) assertEquals(await pods.leftovers(sandbox), []);
  assertEquals(await pods.traces(), []);
}

async function missing({ pods, danm, node }: World): Promise<void> {
  const interfaces = [{ network: "lan", ip: "dynamic" }, { network: "late", ip: "dynamic" }];
  const pod = await danm.createPod(node, { name: "early", interfaces });
  const message = await pods.event(pod, "FailedCreatePodSandBox", /late/);
  assertMatch(message, /plugin type="danm".* failed \(add\): .*DanmNet default\/late/);
  await pods.event(pod, "FailedAttachNetwork", /DanmNet default\/late/);
  assertEquals(await danm.held(), [], "an ADD that failed left something");
  await danm.apply(macvlan("late", node, { cidr: "10.152.0.0/24" }));
  const running = await pods.running(pod);
  assertEquals((await addressesOf(running)).map(([name]) => name), ["eth0", "eth1"]);
  await pods.startDeletion(pod);
  await pods.gone(pod);
  assertEquals(await pods.leftovers(running.sandbox), []);
}

async function died({ pods, node, danm }: World): Promise<void> {
  const pod = await pods.run("restless", [{ network: "lan", ip: "10.150.0.77" }]);
  await node.run(["sh", "-c", 'kill -9 $(ip netns pids "$1")', "sh", pod.sandbox.netns.replace("/run/netns/", "")]);
  const newer = await waitFor("a new sandbox", async () => {
    const running = await pods.running(pod);
    return running.sandbox.containerID !== pod.sandbox.containerID && running;
  }, { timeoutMs: 60_000 });
  assertEquals((await addressesOf(newer)).map(([, address]) => address), ["10.150.0.77"]);
  assertEquals(await danm.leftovers(pod.sandbox), []);
  await pods.startDeletion(pod);
  await pods.gone(pod);
  for (const { sandbox } of [pod, newer]) assertEquals(await pods.leftovers(sandbox), []);
}

/** After a reboot the runtime has the sandbox in its memory still, and calls DEL without a network namespace. */
async function rebooted({ pods, node }: World): Promise<void> {
  const pod = await pods.run("rebooted", BOTH);
  const kill = 'kill -9 $(ip netns pids "$1"); ip netns delete "$1"';
  await node.run(["sh", "-e", "-c", kill, "sh", pod.sandbox.netns.replace("/run/netns/", "")]);
  await pods.startDeletion(pod);
  await pods.gone(pod);
  await waitFor("nothing to be left of the Pod", async () => (await pods.traces()).length === 0);
}

async function forced({ pods, danm, proxy }: World): Promise<void> {
  const pod = await pods.run("forced", BOTH);
  await proxy.partition("refuse");
  await danm.lab.kubectl(["delete", "pod", pod.name, "--force", "--grace-period=0"]);
  await pods.event(pod, "FailedKillPod", /Connection refused/);
  await proxy.partition("none");
  await waitFor("nothing to be left of the Pod", async () => (await pods.leftovers(pod.sandbox)).length === 0, {
    timeoutMs: 90_000,
  });
  assertEquals(await pods.traces(), []);
}

async function cutOff({ pods, danm, proxy }: World): Promise<void> {
  const pod = await pods.run("held", BOTH);
  const held = (await danm.held()).length;
  await proxy.partition("refuse");
  await pods.startDeletion(pod);
  const message = await pods.event(pod, "FailedKillPod", /danm/);
  assertMatch(
    message,
    /plugin type=\\"danm\\".* failed \(delete\): .*Connection refused.* \(and 1 more like it\); .*the runtime tries again/,
  );
  assertEquals((await danm.held()).length, held);
  await proxy.partition("none");
  await pods.gone(pod);
  assertEquals(await pods.leftovers(pod.sandbox), []);
  assertEquals(await pods.traces(), []);
}

async function notReady({ pods, danm, node, kubeconfig }: World): Promise<void> {
  await Deno.rename(kubeconfig, `${kubeconfig}.away`);
  const condition = await pods.nodeReady("False");
  assertMatch(condition, /NetworkReady=false.*NetworkPluginNotReady.*kubeconfig .* cannot be read/);
  const pod = await danm.createPod(node, { name: "patient", interfaces: BOTH });
  assertMatch(await pods.event(pod, "NetworkNotReady", /kubeconfig/), /network is not ready/);
  await Deno.rename(`${kubeconfig}.away`, kubeconfig);
  await pods.nodeReady("True");
  assertEquals((await pods.running(pod)).podIPs.length, 2);
}

/** Interface and address, as the kernel has them in the Pod. */
async function addressesOf({ sandbox }: RunningPod): Promise<[string, string][]> {
  const links: { ifname: string; addr_info: { local: string; scope: string }[] }[] = JSON.parse(
    await inside(sandbox, "ip", "-json", "address"),
  );
  return links.flatMap(({ ifname, addr_info }) =>
    addr_info.filter(({ scope }) => scope === "global").map(({ local }): [string, string] => [ifname, local])
  ).sort();
}

/** The same, as the API has them. */
async function endpointsOf({ lab }: DanmLab, pod: RunningPod): Promise<[string, string][]> {
  const { items } = JSON.parse(await lab.kubectl(["get", "danmeps", "-o", "json"]));
  const own: { spec: { PodUID: string; Interface: Record<string, string> } }[] = items;
  return own.filter(({ spec }) => spec.PodUID === pod.uid).flatMap(({ spec: { Interface } }) =>
    [Interface["Address"], Interface["AddressIPv6"]].map((
      address,
    ): [string, string] => [Interface["Name"] ?? "", address?.split("/")[0] ?? ""])
  ).sort();
}
