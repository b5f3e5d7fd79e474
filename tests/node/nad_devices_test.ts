import { assert, assertEquals, assertMatch } from "@std/assert";
import { NAD_RESOURCE_ANNOTATION } from "../../shared/schema/nad.ts";
import { DanmLab } from "../support/danm_lab.ts";
import { inside } from "../support/delegates/delegate_lab.ts";
import { SriovNode } from "../support/delegates/sriov_node.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { NadLab } from "../support/nad_lab.ts";

const RESOURCE = "vendor.com/sriov";
const [KERNEL, USERSPACE] = ["0000:05:10.0", "0000:05:10.1"] as const;

labTest("NetworkAttachmentDefinitions with devices", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  const sriov = await SriovNode.prepare(node, {
    dir: lab.dir,
    functions: [{ id: KERNEL, driver: "ixgbevf", link: "ens1f0v0" }, { id: USERSPACE, driver: "vfio-pci" }],
    plugins: ["sriov"],
  });
  const nads = new NadLab(danm, { node, options: { env: { CNI_PATH: `${sriov.pluginDir}:${danm.cniPath}` } } });
  await nads.install();
  await danm.apply({
    apiVersion: "danm.io/v1",
    kind: "DanmNet",
    metadata: { name: "default", namespace: "default" },
    spec: { NetworkID: "d", NetworkType: "macvlan", Options: { host_device: node.uplink, cidr: "10.165.0.0/24" } },
  });
  await nads.define({
    name: "vf",
    annotations: { [NAD_RESOURCE_ANNOTATION]: RESOURCE },
    config: { cniVersion: "1.0.0", type: "sriov", vlan: 100 },
  });

  await t.step("each interface gets another one of the Pod's devices, with a link or without", async () => {
    const sandbox = await nads.createSandbox({ networks: "vf, vf" });
    await sriov.writeCheckpoint({ [sandbox.pod.uid]: { [RESOURCE]: [KERNEL, USERSPACE] } });
    await danm.add(sandbox, nads.with());
    assertEquals(
      sriov.calls(sandbox).map(({ ifname, conf }) => [ifname, conf["deviceID"], conf["pciBusID"], conf["vlan"]]).sort(),
      [["net1", KERNEL, KERNEL, 100], ["net2", USERSPACE, USERSPACE, 100]],
    );
    assertMatch(await inside(sandbox, "ip", "-o", "link", "show", "dev", "net1"), /net1@.*[<,]UP\b/);
    const { items } = JSON.parse(await lab.kubectl(["get", "danmeps", "-o", "json"]));
    const devices = items.map(({ spec }: { spec: { Interface: { Name: string; DeviceID?: string } } }) => [
      spec.Interface.Name,
      spec.Interface.DeviceID,
    ]);
    assertEquals(devices.sort(), [["eth0", undefined], ["net1", KERNEL]]);
    await danm.del(sandbox, nads.with());
    assertEquals(await danm.leftovers(sandbox), []);
    await node.run(["ip", "link", "show", "dev", "ens1f0v0"]);
    await node.deleteNetns(sandbox.netns);
  });
  await t.step("a Pod with too few devices is refused", async () => {
    const sandbox = await nads.createSandbox({ networks: "vf, vf" });
    await sriov.writeCheckpoint({ [sandbox.pod.uid]: { [RESOURCE]: [KERNEL] } });
    const { code, msg } = await danm.fail(sandbox, "ADD", nads.with());
    assertEquals(code, 104);
    assertMatch(msg, /^device pool vendor\.com\/sriov: 2 wanted \(net1, net2\), but the Pod was assigned 1/);
    assertEquals(await danm.leftovers(sandbox), []);
    await node.deleteNetns(sandbox.netns);
  });
});
