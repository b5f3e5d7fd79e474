import { assert, assertEquals } from "@std/assert";
import { type AddResult, DanmLab, type TestSandbox } from "../support/danm_lab.ts";
import { DelegateLab, hostTraces, inside } from "../support/delegates/delegate_lab.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { waitFor } from "../support/wait.ts";

/** One interface: what makes it, on which link of the host. */
interface Backend {
  readonly network: string;
  /** As the kernel calls it. */
  readonly linkKind: "ipvlan" | "macvlan" | "veth";
  /** A VLAN or VxLAN link of the host that it is made on; the uplink without one. */
  readonly vlan?: number;
  readonly vxlan?: number;
}

// The kernel does not take ipvlans and macvlans on one device: the macvlan has a VLAN of its own.
const BACKENDS: readonly Backend[] = [
  { network: "plain", linkKind: "ipvlan" },
  { network: "overlay", linkKind: "ipvlan", vxlan: 4301 },
  { network: "tagged", linkKind: "ipvlan", vlan: 301 },
  { network: "wire", linkKind: "veth" },
  { network: "mac", linkKind: "macvlan", vlan: 302 },
  { network: "overlaytwo", linkKind: "ipvlan", vxlan: 4302 },
  { network: "taggedtwo", linkKind: "ipvlan", vlan: 303 },
  { network: "plaintwo", linkKind: "ipvlan" },
];

const INTERFACES = BACKENDS.map(({ network }) => ({ network, ip: "dynamic", ip6: "dynamic" }));

/** Kernels in user mode start programs slowly, and each Pod has many started. */
const PATIENT = { conf: { timeoutMs: 60_000 } };

/** With both families on each. */
const ADDRESSES = 2 * BACKENDS.length;

labTest("Pods with eight interfaces: ipvlan, on a VLAN, on a VxLAN, macvlan and a bridge", {}, async (t) => {
  await using lab = await startLab({ nodes: 2 });
  const delegates = new DelegateLab(await DanmLab.install(lab));
  const [one, two] = lab.nodes;
  assert(one && two);
  await define(delegates, one);
  for (const node of lab.nodes) await makeHostLinks(node);
  const before = await Promise.all(lab.nodes.map(hostTraces));

  const attached = await Promise.all([one, one, two].map((node) => delegates.attach(node, INTERFACES, PATIENT)));
  const [here, beside, there] = attached;
  assert(here && beside && there);
  await t.step("have them on the links that their networks name", async () => {
    for (const pod of attached) assertEquals(await parentsOf(pod.sandbox), expectedParents(pod.sandbox.node));
  });
  await t.step("reach a Pod of another node over each that leaves the node", async () => {
    const crossing = addressesOf(there.result).filter(([name]) => name !== interfaceOn("wire"));
    assertEquals(crossing.length, ADDRESSES - 2);
    await ping(here.sandbox, crossing);
  });
  await t.step("reach a Pod of their node over each", async () => {
    assertEquals(addressesOf(beside.result).length, ADDRESSES);
    await ping(here.sandbox, addressesOf(beside.result));
  });
  await t.step("hold an address and an endpoint for each that no other Pod holds, and leave nothing", async () => {
    const held = (await delegates.danm.held()).map(({ kind }) => kind);
    assertEquals(held.filter((kind) => kind === "DanmEp").length, attached.length * BACKENDS.length);
    assertEquals(held.filter((kind) => kind === "DanmIp").length, attached.length * ADDRESSES);
    await Promise.all(attached.map(async ({ sandbox }) => {
      await delegates.danm.del(sandbox, delegates.with(PATIENT));
      assertEquals(await delegates.danm.leftovers(sandbox), []);
      await sandbox.node.deleteNetns(sandbox.netns);
    }));
    assertEquals(await Promise.all(lab.nodes.map(hostTraces)), before);
    assertEquals(await delegates.danm.held(), []);
  });
});

/** Each network has the subnets of its place in the table. */
async function define(delegates: DelegateLab, { uplink }: Node): Promise<void> {
  const subnets = (index: number): object => ({ cidr: `10.16${index}.0.0/24`, net6: `fd00:16${index}::/64` });
  const wire = { type: "bridge", options: subnets(3), file: { plugins: [{ type: "bridge", bridge: "brwire" }] } };
  await delegates.define({ name: "wire", ...wire });
  await delegates.danm.apply(...BACKENDS.flatMap(({ network, linkKind, vlan, vxlan }, index) => {
    if (linkKind === "veth") return [];
    const options = { host_device: uplink, ...subnets(index), ...(vlan && { vlan }), ...(vxlan && { vxlan }) };
    const metadata = { name: network, namespace: "default" };
    const spec = { NetworkID: network, NetworkType: linkKind, Options: options };
    return [{ apiVersion: "danm.io/v1", kind: "DanmNet", metadata, spec }];
  }));
}

/** What the netwatcher will do: the host links of the networks with a VLAN or VxLAN. */
async function makeHostLinks(node: Node): Promise<void> {
  const commands = BACKENDS.flatMap((backend) => {
    const { vlan, vxlan } = backend;
    const name = hostLinkOf(backend, node);
    if (vlan !== undefined) return [`link add link ${node.uplink} name ${name} type vlan id ${vlan}`, name];
    if (vxlan === undefined) return [];
    const group = `239.0.${vxlan >> 8}.${vxlan & 255}`;
    return [`link add ${name} type vxlan id ${vxlan} dev ${node.uplink} dstport 4789 group ${group}`, name];
  }).map((line) => line.includes(" ") ? line : `link set ${line} up`);
  await node.run(["ip", "-batch", "-"], { stdin: commands.map((line) => `${line}\n`).join("") });
}

function hostLinkOf({ network, vlan, vxlan }: Backend, { uplink }: Node): string {
  if (vlan !== undefined) return `${network}.${vlan}`;
  return vxlan === undefined ? uplink : `vx_${network}`;
}

/** As in a sandbox: `eth0` for the first, and so on. */
function interfaceOn(network: string): string {
  return `eth${BACKENDS.findIndex((backend) => backend.network === network)}`;
}

function expectedParents(node: Node): string[] {
  return BACKENDS.map((backend, index) =>
    `eth${index} ${backend.linkKind}` + (backend.linkKind === "veth" ? "" : ` on ${hostLinkOf(backend, node)}`)
  );
}

/** Each interface, what it is, and for what is made on a link of the host the name of that. */
async function parentsOf(sandbox: TestSandbox): Promise<string[]> {
  interface Link {
    readonly ifindex: number;
    readonly ifname: string;
    readonly link_index?: number;
    readonly linkinfo?: { readonly info_kind: string };
  }
  const host: Link[] = JSON.parse((await sandbox.node.run(["ip", "-json", "link"])).stdout);
  const links: Link[] = JSON.parse(await inside(sandbox, "ip", "-json", "-details", "link"));
  return links.filter(({ ifname }) => ifname.startsWith("eth")).map(({ ifname, link_index, linkinfo }) => {
    const kind = linkinfo?.info_kind ?? "none";
    const parent = host.find(({ ifindex }) => ifindex === link_index)?.ifname;
    return `${ifname} ${kind}` + (kind === "veth" ? "" : ` on ${parent}`);
  }).sort();
}

/** Interface and address, of both families. */
function addressesOf({ interfaces, ips }: AddResult): [name: string, address: string][] {
  return ips.map(({ address, interface: index }) => [interfaces[index]?.name ?? "", address.split("/")[0] ?? ""]);
}

/** Waits until each address answers on the interface of its name, which is the peer's on the same network. */
async function ping({ node, netns }: TestSandbox, addresses: readonly [string, string][]): Promise<void> {
  await Promise.all(addresses.map(async ([name, address]) => {
    const argv = ["nsenter", `--net=${netns}`, "ping", "-c", "1", "-W", "2", "-I", name, address];
    const answered = async (): Promise<boolean> => (await node.run(argv, { check: false })).code === 0;
    await waitFor(`${address} to answer on ${name}`, answered, { timeoutMs: 20_000 });
  }));
}
