import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { CniError } from "../../shared/errors.ts";
import { SchemaError } from "../../shared/schema/describe_issues.ts";
import { NAD_HOST_DEVICE_ANNOTATION, NAD_RESOURCE_ANNOTATION } from "../../shared/schema/nad.ts";
import type { PlannedAttachment } from "../planned_attachment.ts";
import { parseNadAnnotation } from "./parse_nad_annotation.ts";
import { findUnseenMasters, planNad } from "./plan_nad.ts";
import { needsEarlierLinks, renderNadCall } from "./render_nad_call.ts";

interface Given {
  readonly asks?: object;
  readonly annotations?: Record<string, string>;
}

function plan(document: Record<string, unknown>, { asks, annotations = {} }: Given = {}): PlannedAttachment {
  const [selection] = parseNadAnnotation(JSON.stringify([{ name: "n", ...asks }]), "pods");
  if (!selection) throw new Error("nothing is asked for");
  const nad = { metadata: { name: "n", namespace: "pods", annotations } };
  const conf = { source: "NetworkAttachmentDefinition pods/n: spec.config", document };
  return planNad({ selection, nad, conf }, { cniVersion: "1.0.0" });
}

const VLAN = { type: "macvlan", master: "eth1.300", vlan: 300 };

Deno.test("a definition's plugins get its name, and their own version before ours", () => {
  const list = { cniVersion: "0.4.0", plugins: [{ type: "Bridge", ipam: { type: "host-local" } }, { type: "tuning" }] };
  const { delegate, interface: name, subject, network, parent, addresses, routes } = plan(list);
  assertEquals([name, subject], ["net1", "NetworkAttachmentDefinition pods/n"]);
  assertEquals([network.kind, network.spec.NetworkType], ["NetworkAttachmentDefinition", "bridge"]);
  assertEquals([parent, addresses, routes, delegate?.ipam], [undefined, [], [], "file"]);
  const shared = { cniVersion: "0.4.0", name: "n" };
  assertEquals(delegate?.plugins, [
    { type: "Bridge", conf: { type: "Bridge", ipam: { type: "host-local" }, ...shared } },
    { type: "tuning", conf: { type: "tuning", ...shared } },
  ]);
  assertEquals(plan({ type: "ptp", name: "own" }).delegate?.plugins[0]?.conf["name"], "own");
});

Deno.test("addresses go to CNI_ARGS where there is one, and to args.cni and capabilities in any case", async (t) => {
  const mac = "02:00:00:00:00:01";
  const cases: { asks: object; args: string; cni: object | undefined }[] = [
    { asks: {}, args: "", cni: undefined },
    { asks: { "cni-args": { ips: ["a"] } }, args: "", cni: { ips: ["a"] } },
    { asks: { mac }, args: `MAC=${mac}`, cni: { mac } },
    { asks: { ips: ["10.0.0.5"] }, args: "IP=10.0.0.5", cni: { ips: ["10.0.0.5"] } },
    { asks: { ips: ["10.0.0.5", "fd00::5"] }, args: "", cni: { ips: ["10.0.0.5", "fd00::5"] } },
    { asks: { mac, ips: ["fd00::5/64"] }, args: `MAC=${mac};IP=fd00::5/64`, cni: { mac, ips: ["fd00::5/64"] } },
  ];
  for (const { asks, args, cni } of cases) {
    await t.step(JSON.stringify(asks), () => {
      const planned = plan({ type: "bridge", capabilities: { mac: true } }, { asks });
      const { nad, delegate } = planned;
      if (!nad || !delegate) throw new Error("no plugins");
      const call = renderNadCall(planned, { delegate, nad });
      assertEquals(call.args, args === "" ? undefined : args);
      assertEquals(call.plugins[0]?.conf["args"], cni && { cni });
      const told = "mac" in asks ? { mac } : undefined;
      assertEquals(call.plugins[0]?.conf["runtimeConfig"], told);
    });
  }
});

Deno.test("a device of the definition's resource is told to every plugin, by both names", () => {
  const annotations = { [NAD_RESOURCE_ANNOTATION]: "vendor.com/nic" };
  const plugins = [{ type: "sriov", capabilities: { deviceID: true } }, { type: "tuning" }];
  const planned = plan({ plugins }, { annotations });
  assertEquals(planned.network.spec.Options, { device_pool: "vendor.com/nic" });
  const { nad, delegate } = planned;
  if (!nad || !delegate) throw new Error("no plugins");
  const deviceID = "0000:05:10.1";
  const call = renderNadCall({ ...planned, deviceID }, { delegate, nad });
  assertEquals(call.plugins.map(({ conf }) => [conf["deviceID"], conf["pciBusID"], conf["runtimeConfig"]]), [
    [deviceID, deviceID, { deviceID }],
    [deviceID, deviceID, undefined],
  ]);
});

Deno.test("plugins that work on links of the sandbox come after those that make them", () => {
  const needs = (document: Record<string, unknown>): boolean =>
    needsEarlierLinks({ plugins: (plan(document).delegate?.plugins ?? []).map(({ type, conf }) => ({ type, conf })) });
  assertEquals(needs({ type: "bond", linksInContainer: true }), true);
  assertEquals(needs({ plugins: [{ type: "vlan", master: "net1", linkInContainer: true }] }), true);
  assertEquals(needs({ type: "vlan", master: "eth1", linkInContainer: false }), false);
});

Deno.test("a plugin that is to work in the sandbox on an ipvlan of ours is refused", () => {
  const ours = (backend: "ipvlan" | "macvlan"): PlannedAttachment => ({
    ...plan({ type: "bridge" }),
    ...{ interface: "eth0", subject: "DanmNet pods/d", backend, delegate: undefined, nad: undefined },
  });
  const messages = (backend: "ipvlan" | "macvlan", conf: Record<string, unknown>): string[] =>
    findUnseenMasters([ours(backend), plan({ type: "vlan", vlanId: 5, ...conf })]).map(({ message }) => message);
  const onOurs = { master: "eth0", linkInContainer: true };
  assertEquals(messages("ipvlan", onOurs), [
    "net1 on NetworkAttachmentDefinition pods/n: vlan cannot work on eth0, an ipvlan of DanmNet pods/d",
  ]);
  assertEquals(messages("macvlan", onOurs), []);
  assertEquals(messages("ipvlan", { ...onOurs, master: "net7" }), []);
  assertEquals(messages("ipvlan", { master: "eth0" }), [], "the host's eth0");
});

Deno.test("a master with a VLAN or VxLAN is a link on the device of the annotation", async (t) => {
  const annotations = { [NAD_HOST_DEVICE_ANNOTATION]: "eth1" };
  const vlan = { kind: "vlan", device: "eth1", vni: 300, names: ["eth1.300"] };
  const cases: { name: string; document: Record<string, unknown>; parent: unknown }[] = [
    { name: "VLAN", document: VLAN, parent: vlan },
    { name: "the second of a list", document: { plugins: [{ type: "bridge" }, VLAN, VLAN] }, parent: vlan },
    {
      name: "VxLAN",
      document: { type: "ipvlan", master: "vx_a", vxlan: 16777214 },
      parent: { kind: "vxlan", device: "eth1", vni: 16777214, names: ["vx_a"] },
    },
    { name: "a plugin's own vlan", document: { type: "bridge", vlan: 300 }, parent: undefined },
    { name: "vlan 0", document: { ...VLAN, vlan: 0 }, parent: undefined },
    { name: "no vlan", document: { type: "vlan", master: "eth1", vlanId: 5 }, parent: undefined },
  ];
  for (const { name, document, parent } of cases) {
    await t.step(name, () => assertEquals(plan(document, { annotations }).parent as unknown, parent));
  }
  const error = assertThrows(() => plan(VLAN), CniError);
  assertEquals(error.code, 11);
  assertStringIncludes(error.message, "there is no link yet for vlan 300 on eth1.300");
});

Deno.test("a configuration that cannot be executed is refused by definition and field", async (t) => {
  const config = "NetworkAttachmentDefinition pods/n: spec.config: ";
  const cases: { document: Record<string, unknown>; asks?: object; says: string }[] = [
    { document: {}, says: `${config}type: must be the name of a plugin` },
    { document: { plugins: [] }, says: `${config}plugins: must be a list` },
    { document: { plugins: "bridge" }, says: `${config}plugins: must be a list` },
    { document: { type: "../bridge" }, says: `${config}type: must be the name of a plugin` },
    { document: { type: "DANM" }, says: `${config}type: must not be danm itself` },
    { document: { plugins: [{ type: "ptp" }, { type: "danm" }] }, says: `${config}plugins[1].type: must not be danm` },
    { document: { type: "danm-ipam" }, says: `${config}begins with "danm-ipam", which is no plugin` },
    { document: { ...VLAN, vxlan: 5 }, says: `${config}vlan and vxlan exclude each other` },
    { document: { ...VLAN, vlan: 4095 }, says: `${config}vlan must be a number from 1 to 4094, not 4095` },
    { document: { ...VLAN, vlan: "300" }, says: `${config}vlan must be a number from 1 to 4094, not "300"` },
    { document: { plugins: [VLAN, { ...VLAN, vlan: 301 }] }, says: `${config}must not have several VLANs` },
    { document: { type: "ptp", args: [] }, asks: { ips: ["::1"] }, says: `${config}args: must be an object` },
    { document: { type: "ptp", args: { cni: 1 } }, asks: { ips: ["::1"] }, says: `${config}args: must be an object` },
  ];
  for (const { document, asks = {}, says } of cases) {
    await t.step(says, () => {
      assertStringIncludes(assertThrows(() => plan(document, { asks }), SchemaError).message, says);
    });
  }
});
