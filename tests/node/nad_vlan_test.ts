import { assert, assertEquals, assertMatch } from "@std/assert";
import { NAD_HOST_DEVICE_ANNOTATION } from "../../shared/schema/nad.ts";
import { type CniErrorDocument, DanmLab, type TestSandbox } from "../support/danm_lab.ts";
import { inside } from "../support/delegates/delegate_lab.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { NadLab } from "../support/nad_lab.ts";

labTest("NetworkAttachmentDefinitions with VLAN and VxLAN", {}, async (t) => {
  await using lab = await startLab({ nodes: 1 });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  const { uplink } = node;
  const nads = new NadLab(danm, { node, options: {} });
  await nads.install();
  await danm.apply({
    apiVersion: "danm.io/v1",
    kind: "DanmNet",
    metadata: { name: "default", namespace: "default" },
    spec: { NetworkID: "d", NetworkType: "ipvlan", Options: { host_device: uplink, cidr: "10.160.0.0/24" } },
  });
  const annotations = { [NAD_HOST_DEVICE_ANNOTATION]: uplink };
  const ipam = (subnet: string): object => ({ type: "host-local", subnet });
  const macvlan = { cniVersion: "1.0.0", type: "macvlan" };
  await nads.define(
    {
      name: "tagged",
      annotations,
      config: { ...macvlan, master: "tagged.300", vlan: 300, ipam: ipam("10.161.0.0/24") },
    },
    {
      name: "overlay",
      annotations,
      config: { ...macvlan, master: "vx_overlay", vxlan: 4300, ipam: ipam("10.162.0.0/24") },
    },
  );

  const assertGone = async (sandbox: TestSandbox): Promise<void> => {
    assertEquals(await danm.leftovers(sandbox), []);
    await node.deleteNetns(sandbox.netns);
  };
  const refuse = async (): Promise<CniErrorDocument> => {
    const sandbox = await nads.createSandbox({ networks: "tagged" });
    const error = await danm.fail(sandbox, "ADD", nads.with());
    await assertGone(sandbox);
    return error;
  };

  await t.step("a link that is not there, or another's, is not used", async () => {
    const missing = await refuse();
    assertEquals(missing.code, 11);
    assertMatch(missing.msg, /net1 on .*tagged: host link tagged\.300 \(vlan 300 on eth1\) is missing/);
    await node.run(["ip", "link", "add", "link", uplink, "name", "tagged.300", "type", "vlan", "id", "301"]);
    const wrong = await refuse();
    assertEquals(wrong.code, 106);
    assertMatch(wrong.msg, /host link tagged\.300 is vlan 301 on eth1, not vlan 300 on eth1/);
    await node.run(["ip", "link", "del", "dev", "tagged.300"]);
  });
  await t.step("interfaces are on the links that the definitions name", async () => {
    const commands = [
      `link add link ${uplink} name tagged.300 type vlan id 300`,
      "link set tagged.300 up",
      `link add vx_overlay type vxlan id 4300 dev ${uplink} dstport 4789 group 239.0.16.204`,
      "link set vx_overlay up",
    ];
    await node.run(["ip", "-batch", "-"], { stdin: commands.map((line) => `${line}\n`).join("") });
    const sandbox = await nads.createSandbox({ networks: "tagged, overlay" });
    await danm.add(sandbox, nads.with());
    const parents = JSON.parse((await node.run(["ip", "-json", "link", "show"])).stdout)
      .map(({ ifname, ifindex }: { ifname: string; ifindex: number }) => [ifname, ifindex]);
    const parentOf = new Map<string, number>(parents);
    const links = JSON.parse(await inside(sandbox, "ip", "-json", "link", "show"));
    // Both are made at once, so either may be the first.
    const on = Object.fromEntries(
      links.filter(({ ifname }: { ifname: string }) => ifname.startsWith("net"))
        .map(({ ifname, link_index: index }: { ifname: string; link_index: number }) => [ifname, index]),
    );
    assertEquals(on, { net1: parentOf.get("tagged.300"), net2: parentOf.get("vx_overlay") });
    await danm.del(sandbox, nads.with());
    await assertGone(sandbox);
  });
});
