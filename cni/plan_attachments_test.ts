import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { CniError, messageOf } from "../shared/errors.ts";
import { parseNetwork } from "../shared/schema/network.ts";
import { planAttachments, type PlanInput } from "./plan_attachments.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";

type Request = PlanInput["requests"][number];

/** A request, and what its network has besides a name. */
interface One {
  readonly request?: Partial<Request>;
  readonly options?: Record<string, unknown>;
  readonly spec?: Record<string, unknown>;
}

function plan(ones: readonly One[], input: Partial<PlanInput> = {}): PlannedAttachment[] {
  const requests = ones.map(({ request }, index): Request => ({
    kind: "DanmNet",
    name: `n${index}`,
    ip: "dynamic",
    ...request,
  }));
  const networks = ones.map(({ options, spec }, index) => {
    const { kind = "DanmNet", name } = requests[index] ?? { name: "" };
    return parseNetwork(kind, {
      metadata: { name, namespace: "default" },
      spec: { NetworkID: `id${index}`, ...spec, Options: { host_device: "eth1", cidr: "10.0.0.0/24", ...options } },
    });
  });
  return planAttachments({
    namespace: "default",
    firstInterface: "eth0",
    namingScheme: "",
    requests,
    networks,
    cniVersion: "1.0.0",
    delegateConfs: new Map(networks.map((network) => [network, { source: "/c/a.conf", document: { type: "bridge" } }])),
    ...input,
  });
}

const failuresOf = (ones: readonly One[], input?: Partial<PlanInput>): unknown[] =>
  assertThrows(() => plan(ones, input), AggregateError).errors;

Deno.test("interfaces are named by prefix and position; the first is the runtime's", async (t) => {
  const prefixes = (...names: string[]): One[] => names.map((container_prefix) => ({ options: { container_prefix } }));
  const cases: { ones: One[]; input?: Partial<PlanInput>; names: string[] }[] = [
    { ones: prefixes("", "", "net"), names: ["eth0", "eth1", "net2"] },
    { ones: prefixes("net", "net"), input: { firstInterface: "x~y" }, names: ["x~y", "net1"] },
    { ones: prefixes("net", "net", "ext"), input: { namingScheme: "legacy" }, names: ["eth0", "net", "ext"] },
    { ones: prefixes("", "", "ext"), input: { namingScheme: "legacy" }, names: ["eth0", "eth1", "ext"] },
    { ones: prefixes("", "fourteen-bytes"), names: ["eth0", "fourteen-bytes1"] },
  ];
  for (const { ones, input, names } of cases) {
    await t.step(names.join(" "), () => assertEquals(plan(ones, input).map((one) => one.interface), names));
  }
});

Deno.test("what is wrong with a request is told before anything is done, all of it", async (t) => {
  const cases: { name: string; ones: One[]; input?: Partial<PlanInput>; says: string[] }[] = [
    {
      name: "the same name twice",
      ones: [{}, { options: { container_prefix: "a" } }, { options: { container_prefix: "a" } }],
      input: { namingScheme: "legacy" },
      says: ["interface name a is given twice: by DanmNet default/n1 and by DanmNet default/n2"],
    },
    {
      name: "a name that is too long",
      ones: [{}, { options: { container_prefix: "fifteen-bytes-x" } }],
      says: ["the name fifteen-bytes-x1 of interface 1 has 16 bytes"],
    },
    {
      name: "a first interface without address",
      ones: [{ request: { ip: "none" } }],
      says: ["eth0 on DanmNet default/n0 would have no address"],
    },
    {
      name: "a name that ip(8) cannot take",
      ones: [{}],
      input: { firstInterface: `a"b` },
      says: [`CNI_IFNAME="a\\"b" cannot be used`],
    },
    {
      name: "several networks, each with its own fault",
      ones: [
        { request: { ip6: "dynamic" } },
        { spec: { NetworkType: "flannel" } },
        { options: { host_device: "" } },
        { request: { ip: "10.0.1.1" } },
        { options: { vlan: 5, vxlan: 6 } },
        { options: { vlan: 5 }, spec: { NetworkID: "" } },
      ],
      says: [
        "no IPv6 subnet (net6)",
        '/c/a.conf: type: is "bridge", the network\'s NetworkType is "flannel"',
        "spec.Options.host_device",
        "[3].ip: 10.0.1.1 is not inside",
        "vlan and vxlan exclude each other",
        "spec.NetworkID",
      ],
    },
    {
      name: "a tenant that is not allowed",
      ones: [{ request: { kind: "ClusterNetwork" }, spec: { AllowedTenants: ["a", "__proto__"] } }],
      says: ["ClusterNetwork n0 may not be used from namespace default"],
    },
  ];
  for (const { name, ones, input, says } of cases) {
    await t.step(name, () => {
      const messages = failuresOf(ones, input).map(messageOf);
      assertEquals(messages.length, says.length, messages.join("\n"));
      says.forEach((text, index) => assertStringIncludes(messages[index] ?? "", text));
    });
  }
  await t.step("codes", () => {
    const [error] = failuresOf([{ request: { kind: "ClusterNetwork" }, spec: { AllowedTenants: ["a"] } }]);
    assertEquals(error instanceof CniError && error.code, 103);
  });
});

Deno.test("AllowedTenants counts on ClusterNetworks only, and an empty list allows everyone", () => {
  for (
    const [kind, AllowedTenants] of [["DanmNet", ["x"]], ["ClusterNetwork", []], ["ClusterNetwork", [
      "default",
    ]]] as const
  ) {
    assertEquals(plan([{ request: { kind }, spec: { AllowedTenants } }]).length, 1);
  }
});

Deno.test("addresses and routes are those of the families that were asked for", () => {
  const options = {
    net6: "2001:db8::/64",
    routes: { "0.0.0.0/0": "10.0.0.1" },
    routes6: { "::/0": "2001:db8::1" },
    rt_tables: 100,
  };
  const proutes = { "10.5.0.0/16": "10.0.0.2" };
  const [both, only6, none] = plan([
    { options, request: { ip6: "2001:db8::5", proutes } },
    { options, request: { ip: "none", ip6: "dynamic", proutes } },
    { options, request: { ip: "none" } },
  ]);
  assertEquals(both?.addresses.map((one) => [one.family, one.static]), [[4, undefined], [
    6,
    0x20010db8000000000000000000000005n,
  ]]);
  assertEquals(both?.routes.map(({ destination, table }) => [destination, table]), [["0.0.0.0/0", undefined], [
    "::/0",
    undefined,
  ], ["10.5.0.0/16", 100]]);
  assertEquals(only6?.routes.map(({ destination }) => destination), ["::/0"]);
  assertEquals([none?.addresses, none?.routes], [[], []]);
});

Deno.test("policy routes without a table are a warning, not a failure", () => {
  const [one] = plan([{ request: { proutes: { "10.5.0.0/16": "10.0.0.2" } } }]);
  assertEquals([one?.routes, one?.warnings.length], [[], 1]);
});

Deno.test("the parent is the device, or the link on it, under the names that it may have", () => {
  const parentOf = (one: One): unknown => plan([one])[0]?.parent;
  assertEquals(parentOf({}), { kind: "device", device: "eth1" });
  assertEquals(parentOf({ options: { vlan: 7 } }), { kind: "vlan", device: "eth1", vni: 7, names: ["id0.7"] });
  assertEquals(parentOf({ options: { vxlan: 7 } }), { kind: "vxlan", device: "eth1", vni: 7, names: ["vx_id0"] });
  const tenant = { request: { kind: "TenantNetwork" }, options: { vxlan: 7 } } as const;
  assertEquals(parentOf(tenant), { kind: "vxlan", device: "eth1", vni: 7, names: ["vx_7", "vx_id0"] });
  assertEquals(parentOf({ options: { host_device: "" }, spec: { NetworkType: "MACVLAN" } }), undefined);
});

Deno.test("a VLAN or VxLAN network without its device is refused: it would be the untagged one of another", async (t) => {
  for (const options of [{ vlan: 200 }, { vxlan: 300 }]) {
    await t.step(JSON.stringify(options), () => {
      const [failure] = failuresOf([{ spec: { NetworkType: "macvlan" }, options: { host_device: "", ...options } }]);
      assertStringIncludes(messageOf(failure), `spec.Options.host_device: is needed by ${Object.keys(options)[0]}`);
    });
  }
});

Deno.test("no interface is called lo", async (t) => {
  const legacy: Partial<PlanInput> = { namingScheme: "legacy" };
  const cases: { name: string; ones: One[]; input: Partial<PlanInput>; says: string }[] = [
    { name: "by the runtime", ones: [{}], input: { firstInterface: "lo" }, says: "CNI_IFNAME" },
    {
      name: "by a prefix",
      ones: [{}, { options: { container_prefix: "lo" } }],
      input: legacy,
      says: "container_prefix",
    },
  ];
  for (const { name, ones, input, says } of cases) {
    await t.step(name, () => assertStringIncludes(messageOf(failuresOf(ones, input)[0]), says));
  }
});
