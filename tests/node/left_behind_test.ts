import { assert, assertEquals, assertMatch } from "@std/assert";
import { DanmLab } from "../support/danm_lab.ts";
import { startFaultProxy } from "../support/lab/fault_proxy.ts";
import { startLab } from "../support/lab/lab.ts";

Deno.test("what concerns others than the runtime that called", async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  await danm.apply({
    apiVersion: "danm.io/v1",
    kind: "DanmNet",
    metadata: { name: "net", namespace: "default" },
    spec: { NetworkID: "net", NetworkType: "macvlan", Options: { host_device: node.uplink, cidr: "10.100.0.0/24" } },
  });

  await t.step("a DEL that failed, and that no runtime repeats, is gone on with by the next command", async () => {
    await using proxy = await startFaultProxy(lab);
    const user = await lab.serviceAccount("danm-system", "danm-cni", { node: node.name });
    const sandbox = await danm.createSandboxFor(node, [{ network: "net", ip: "dynamic" }]);
    await danm.add(sandbox);
    await proxy.partition("refuse");
    const { code } = await danm.fail(sandbox, "DEL", {
      kubeconfig: await proxy.kubeconfig(user),
      conf: { timeoutMs: 1000 },
    });
    assertEquals(code, 11);
    const left = await danm.leftovers(sandbox);
    assertEquals(left.filter((what) => what.startsWith("link")), [], "its link is gone already");
    assertEquals(left.map((what) => /^(DanmIp|DanmEp|record .*\.detaching$)/.test(what)), [true, true, true]);

    const other = await danm.createSandboxFor(node, [{ network: "net", ip: "dynamic" }]);
    await danm.add(other);
    assertEquals(await danm.leftovers(sandbox), []);
    await danm.del(other);
  });

  await t.step("policy routes that cannot be set are told in an Event of the Pod", async () => {
    const proutes = { "10.9.0.0/16": "10.100.0.1" };
    const sandbox = await danm.createSandboxFor(node, [{ network: "net", ip: "dynamic", proutes }]);
    await danm.add(sandbox);
    const { items } = JSON.parse(await lab.kubectl(["get", "events.events.k8s.io", "-n", "default", "-o", "json"]));
    const told = items.find(({ regarding }: { regarding: { uid: string } }) => regarding.uid === sandbox.pod.uid);
    assertEquals([told?.type, told?.reason], ["Warning", "PolicyRoutesNotSet"]);
    assertMatch(told.note, /^eth0 on DanmNet default\/net: .*rt_tables/);
    await danm.del(sandbox);
    assertEquals(await danm.leftovers(sandbox), []);
  });
});
