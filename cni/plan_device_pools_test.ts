import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { messageOf } from "../shared/errors.ts";
import { parseNetwork } from "../shared/schema/network.ts";
import { planAttachments } from "./plan_attachments.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";

const [A, B] = ["vendor.com/a", "vendor.com/b"];

/** Plans interfaces on networks of these types and options; the Pod has the devices. */
function plan(
  networks: readonly { type: string; options: Record<string, unknown> }[],
  devices: Record<string, string[]>,
): PlannedAttachment[] {
  const parsed = networks.map(({ type, options }, index) =>
    parseNetwork("DanmNet", {
      metadata: { name: `n${index}`, namespace: "default" },
      spec: { NetworkID: `id${index}`, NetworkType: type, Options: { cidr: "10.0.0.0/24", ...options } },
    })
  );
  return planAttachments({
    namespace: "default",
    firstInterface: "eth0",
    namingScheme: "",
    requests: parsed.map(({ metadata: { name } }) => ({ kind: "DanmNet", name, ip: "dynamic" })),
    networks: parsed,
    cniVersion: "1.0.0",
    delegateConfs: new Map(
      parsed.map((network) => [network, { source: "/c/a.conf", document: { type: "host-device" } }]),
    ),
    assignedDevices: new Map(Object.entries(devices)),
  });
}

Deno.test("each interface on a network with a pool has another device of it, in the order of the annotation", () => {
  const planned = plan([
    { type: "SRIOV", options: { device_pool: A, vlan: 7 } },
    { type: "ipvlan", options: { host_device: "eth1" } },
    { type: "host-device", options: { device_pool: B } },
    { type: "sriov", options: { device_pool: A } },
  ], { [A]: ["0000:05:10.0", "0000:05:10.1", "0000:05:10.2"], [B]: ["any name"] });
  assertEquals(planned.map(({ backend, deviceID, parent }) => [backend, deviceID, parent?.kind]), [
    ["sriov", "0000:05:10.0", undefined],
    ["ipvlan", undefined, "device"],
    ["static", "any name", undefined],
    ["sriov", "0000:05:10.1", undefined],
  ]);
});

Deno.test("what is wrong with devices is told before anything is done", async (t) => {
  const sriov = (options: Record<string, unknown>): { type: string; options: Record<string, unknown> } => ({
    type: "sriov",
    options,
  });
  const cases: { name: string; networks: Parameters<typeof plan>[0]; has?: Record<string, string[]>; says: string }[] =
    [
      {
        name: "sriov without a pool",
        networks: [sriov({})],
        says: "DanmNet default/n0: spec.Options.device_pool: is needed by NetworkType sriov",
      },
      {
        name: "sriov on a host device",
        networks: [sriov({ device_pool: A, host_device: "eth1" })],
        says: "spec.Options.host_device: is not for NetworkType sriov",
      },
      {
        name: "sriov with a VxLAN",
        networks: [sriov({ device_pool: A, vxlan: 7 })],
        says: "spec.Options.vxlan: is not for NetworkType sriov",
      },
      {
        name: "another plugin with both",
        networks: [{ type: "host-device", options: { device_pool: A, host_device: "eth1" } }],
        says: "device_pool and host_device exclude each other",
      },
      {
        name: "macvlan with a pool",
        networks: [{ type: "macvlan", options: { device_pool: A } }],
        says: "spec.Options.device_pool: is not for NetworkType macvlan",
      },
      {
        name: "a Pod without devices",
        networks: [sriov({ device_pool: A })],
        says: `device pool ${A}: 1 wanted (eth0), but the Pod was assigned none of its devices`,
      },
      {
        name: "more interfaces than devices",
        networks: [sriov({ device_pool: A }), sriov({ device_pool: A })],
        has: { [A]: ["0000:05:10.0"] },
        says: `device pool ${A}: 2 wanted (eth0, eth1), but the Pod was assigned 1 (0000:05:10.0)`,
      },
    ];
  for (const { name, networks, has = {}, says } of cases) {
    await t.step(name, () => {
      const { errors } = assertThrows(() => plan(networks, has), AggregateError);
      assertEquals(errors.length, 1);
      assertStringIncludes(messageOf(errors[0]), says);
    });
  }
});
