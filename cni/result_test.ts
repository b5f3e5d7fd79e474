import { assert, assertEquals } from "@std/assert";
import { parseAddress } from "../shared/schema/address.ts";
import { parseNetwork } from "../shared/schema/network.ts";
import { sandboxRecord } from "../tests/support/cni/sandbox_world.ts";
import { planAttachments } from "./plan_attachments.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";
import { type Configured, parseGiven } from "./render_configuration.ts";
import { renderEndpoint } from "./render_endpoint.ts";
import { renderMacvlan } from "./render_macvlan.ts";
import { mergeResult, ownIndex } from "./result.ts";

const NETWORK = parseNetwork("DanmNet", {
  metadata: { name: "n", namespace: "default" },
  spec: {
    NetworkID: "id",
    NetworkType: "macvlan",
    Options: {
      host_device: "eth1",
      cidr: "10.0.0.0/24",
      net6: "2001:db8::/64",
      routes: { "10.9.0.0/16": "10.0.0.9", "0.0.0.0/0": "10.0.0.1" },
      rt_tables: 100,
      mtu: 1400,
    },
  },
});

function configured(): Configured[] {
  const proutes = { "0.0.0.0/0": "10.0.0.2" };
  const attachments = planAttachments({
    namespace: "default",
    firstInterface: "eth0",
    namingScheme: "",
    requests: [
      { kind: "DanmNet", name: "n", ip: "dynamic", ip6: "dynamic", proutes },
      { kind: "DanmNet", name: "n", ip: "none" },
    ],
    networks: [NETWORK, NETWORK],
    cniVersion: "1.0.0",
    delegateConfs: new Map(),
  });
  const given = (attachment: PlannedAttachment): Configured => ({
    attachment,
    addresses: attachment.addresses.map(({ family, subnet: { cidr } }) => ({
      family,
      cidr,
      value: parseAddress(family === 4 ? "10.0.0.5" : "2001:db8::5").value,
    })),
  });
  return attachments.map(given);
}

Deno.test("the result has all interfaces in order, and addresses that point at theirs", () => {
  const links = new Map([["eth0", { ifname: "eth0", mtu: 1400, address: "02:00:00:00:00:01" }]]);
  const result = mergeResult(configured(), { links, macs: new Map([["eth1", "02:00:00:00:00:02"]]), netns: "/n" });
  assertEquals(result, {
    interfaces: [
      { name: "eth0", mac: "02:00:00:00:00:01", sandbox: "/n", mtu: 1400 },
      { name: "eth1", mac: "02:00:00:00:00:02", sandbox: "/n" },
    ],
    ips: [
      { address: "10.0.0.5/24", gateway: "10.0.0.1", interface: 0 },
      { address: "2001:db8::5/64", interface: 0 },
    ],
    routes: [{ dst: "10.9.0.0/16", gw: "10.0.0.9" }, { dst: "0.0.0.0/0", gw: "10.0.0.1" }],
  });
});

Deno.test("each address of a delegate keeps its gateway, and what else the delegate made follows its interface", () => {
  const [first] = configured();
  assert(first);
  const addresses = ["10.0.0.5/24", "10.0.1.5/24", "2001:db8::5/64"];
  const gateways = [undefined, "10.0.1.1", "2001:db8::1"];
  const result = {
    interfaces: [{ name: "br0" }, { name: "eth0", sandbox: "/elsewhere", pciID: "x" }, { name: "veth1", mac: "m" }],
    // Written in another way than we do.
    ips: addresses.map((address, index) => ({
      address: address.replace("db8::5", "db8:0::5"),
      ...(gateways[index] && { gateway: gateways[index] }),
    })),
    dns: { domain: "example.com" },
  };
  const delegated = {
    attachment: { ...first.attachment, routes: [] },
    addresses: addresses.map(parseGiven),
    result,
  };
  const merged = mergeResult([delegated], { links: new Map(), macs: new Map([["eth0", "k"]]), netns: "/n" });
  assertEquals(merged, {
    interfaces: [{ name: "eth0", mac: "k", sandbox: "/n", pciID: "x" }, { name: "br0" }, { name: "veth1", mac: "m" }],
    ips: addresses.map((address, index) => ({
      address,
      ...(gateways[index] && { gateway: gateways[index] }),
      interface: 0,
    })),
    routes: [],
    dns: { domain: "example.com" },
  });
});

Deno.test("the interface of a delegate's result is the one of that name in the sandbox, or in no sandbox at all", () => {
  const at = (...interfaces: { name: string; sandbox?: string }[]): number => ownIndex("eth0", { interfaces });
  assertEquals(at({ name: "eth0" }, { name: "eth0", sandbox: "/n" }), 1);
  assertEquals(at({ name: "veth" }, { name: "eth0" }), 1);
  assertEquals(at({ name: "eth0" }, { name: "eth1", sandbox: "/n" }), -1);
  assertEquals(ownIndex("eth0", {}), -1);
});

Deno.test("a DanmEp says what the interface has and whose it is, and nothing that it has not", () => {
  const [first, second] = configured().map((one) =>
    renderEndpoint(sandboxRecord(), { configured: one, endpoint: "web-1", mac: undefined })
  );
  const proutes = { "0.0.0.0/0": "10.0.0.2" };
  const addresses = { Address: "10.0.0.5/24", AddressIPv6: "2001:db8::5/64" };
  assertEquals(first?.Interface, { Name: "eth0", ...addresses, proutes, proutes6: {} });
  assertEquals(second?.Interface, { Name: "eth1", proutes: {}, proutes6: {} });
  const { NetworkName, NetworkType, Host, Pod, PodUID, CID, netns, apiType } = first ?? {};
  assertEquals([NetworkName, NetworkType, Host, Pod, PodUID, CID, netns, apiType], [
    ...["n", "macvlan", "node-1", "web", "p1", "c1", "/run/netns/a", "DanmNet"],
  ]);
});

Deno.test("macvlan is told its master, but for a network that leaves it to the default route, and no ipam", () => {
  const [one] = configured();
  const common = { cniVersion: "1.0.0", networkName: "danm", mac: "02:00:00:00:00:01" };
  const conf = {
    cniVersion: "1.0.0",
    name: "danm",
    type: "macvlan",
    mode: "bridge",
    mac: "02:00:00:00:00:01",
    mtu: 1400,
  };
  const attachment = one?.attachment;
  if (!attachment) throw new TypeError("nothing is planned");
  assertEquals(renderMacvlan(attachment, { ...common, hostLink: undefined }), { ...conf, master: "eth1" });
  assertEquals(renderMacvlan(attachment, { ...common, hostLink: "id.7" }), { ...conf, master: "id.7" });
  assertEquals(renderMacvlan({ ...attachment, parent: undefined }, { ...common, hostLink: undefined }), conf);
});
