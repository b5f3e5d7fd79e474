import { assert, assertEquals, assertMatch } from "@std/assert";
import { type AddResult, type CniErrorDocument, DanmLab, STATE_DIR, type TestSandbox } from "../support/danm_lab.ts";
import { DelegateLab, inside } from "../support/delegates/delegate_lab.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";

/** Macvlan with everything that CHECK looks at. */
const FULL = {
  cidr: "10.190.0.0/24",
  net6: "fd00:190::/64",
  routes: { "10.9.0.0/16": "10.190.0.1" },
  routes6: { "fd00:9::/48": "fd00:190::1" },
  rt_tables: 150,
};
const INTERFACES = [
  {
    network: "full",
    ip: "10.190.0.77",
    ip6: "dynamic",
    proutes: { "10.8.0.0/16": "10.190.0.2" },
    proutes6: { "fd00:8::/48": "fd00:190:0::2" },
  },
  { network: "plain", ip: "dynamic" },
  { network: "bridged" },
];
const BRIDGE = { type: "bridge", bridge: "brcheck", ipam: { type: "host-local", subnet: "10.192.0.0/24" } };

labTest("CHECK names what is not as ADD left it, and nothing when it is mended", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  const delegates = new DelegateLab(danm);
  const macvlan = { type: "macvlan", options: { host_device: node.uplink } };
  await delegates.define(
    { name: "full", type: "macvlan", options: { ...macvlan.options, ...FULL } },
    { name: "plain", type: "macvlan", options: { ...macvlan.options, cidr: "10.191.0.0/24" } },
    { name: "bridged", type: "bridge", file: BRIDGE },
  );
  const { sandbox, result } = await delegates.attach(node, INTERFACES);
  const world: World = { danm, delegates, node, sandbox, result };
  await passes(world);
  for (const change of changes(world)) {
    await t.step(change.what, async () => {
      await sh(world, change.breaks);
      const { code, msg } = await fails(world).finally(() => sh(world, change.mends));
      assertEquals([code, change.says.test(msg)], [change.code ?? 106, true], `${code}: ${msg}`);
      await passes(world);
    });
  }
  await t.step("tables that the machine has given names", () => namedTables(world));
  await t.step("a result that is missing, or not this sandbox's", () => otherResults(world));
  await t.step("a DanmIp that is gone, and then is another Pod's", () => otherHolder(world));
  await t.step("a DanmEp that is gone", () => goneEndpoint(world));
  await t.step("a namespace that is gone", () => goneNamespace(world));
});

interface World {
  readonly danm: DanmLab;
  readonly delegates: DelegateLab;
  readonly node: Node;
  readonly sandbox: TestSandbox;
  readonly result: AddResult;
}

/** Something that is changed in the sandbox and put back, each by lines for a shell. */
interface Change {
  readonly what: string;
  readonly breaks: string;
  readonly mends: string;
  readonly says: RegExp;
  readonly code?: number;
}

function changes({ sandbox, result }: World): Change[] {
  const of = (index: number, v6 = false): string =>
    result.ips.find((ip) => result.interfaces[ip.interface]?.name === `eth${index}` && ip.address.includes(":") === v6)
      ?.address ?? "";
  const bare = (address: string): string => address.split("/")[0] ?? "";
  const mac = result.interfaces.find(({ name }) => name === "eth1")?.mac;
  const there = (command: string, action: string, back: string): Pick<Change, "breaks" | "mends"> => ({
    breaks: `ip ${command.replace(action, "del")}`,
    mends: `ip ${command.replace(action, back)}`,
  });
  const record = `${STATE_DIR}/${sandbox.pod.uid}~${sandbox.containerID}~eth0.attached`;
  const lease = `/var/lib/cni/networks/bridged/${bare(of(2))}`;
  return [
    {
      what: "a link is down",
      breaks: "ip link set eth1 down",
      mends: "ip link set eth1 up",
      says: /^eth1: the link is down/,
    },
    {
      what: "a link is gone",
      breaks: "ip link set eth1 down; ip link set eth1 name away",
      mends: "ip link set away name eth1; ip link set eth1 up",
      says: /eth1: the link is gone/,
    },
    {
      what: "a hardware address is another",
      breaks: "ip link set eth1 address 02:00:00:00:00:07",
      mends: `ip link set eth1 address ${mac}`,
      says: /eth1: the hardware address is 02:00:00:00:00:07, not /,
    },
    {
      what: "an address is gone",
      ...there(`addr X ${of(1)} dev eth1`, "X", "add"),
      says: new RegExp(`eth1: the address ${of(1)} is gone`),
    },
    {
      what: "an IPv6 address is gone",
      breaks: `ip addr del ${of(0, true)} dev eth0`,
      mends: `ip addr add ${of(0, true)} dev eth0 nodad; ip route replace fd00:9::/48 via fd00:190::1 dev eth0
ip route replace fd00:8::/48 via fd00:190::2 dev eth0 table 150`,
      says: new RegExp(`eth0: the address ${of(0, true)} is gone`),
    },
    {
      what: "an address of a delegate is gone",
      ...there(`addr X ${of(2)} dev eth2`, "X", "add"),
      says: new RegExp(`^eth2: the address ${of(2)} is gone; eth2: CHECK of delegate bridge failed`),
    },
    {
      what: "a lease of a delegate's IPAM is gone",
      breaks: `mv ${lease} /run/lease.kept`,
      mends: `mv /run/lease.kept ${lease}`,
      says: /^eth2: CHECK of delegate bridge failed: .*host-local/,
      code: 105,
    },
    {
      what: "a route is gone",
      ...there("route X 10.9.0.0/16 via 10.190.0.1 dev eth0", "X", "add"),
      says: /^the route to 10\.9\.0\.0\/16 via 10\.190\.0\.1 is gone/,
    },
    {
      what: "an IPv6 route has another gateway",
      breaks: "ip route replace fd00:9::/48 via fd00:190::9 dev eth0",
      mends: "ip route replace fd00:9::/48 via fd00:190::1 dev eth0",
      says: /^the route to fd00:9::\/48 via fd00:190::1 is gone/,
    },
    {
      what: "a policy route is gone",
      ...there("route X 10.8.0.0/16 via 10.190.0.2 dev eth0 table 150", "X", "add"),
      says: /^eth0: the policy route to 10\.8\.0\.0\/16 via 10\.190\.0\.2 is gone/,
    },
    {
      what: "an IPv6 policy route is in another table",
      breaks: "ip route del fd00:8::/48 table 150; ip route add fd00:8::/48 via fd00:190::2 dev eth0 table 151",
      mends: "ip route del fd00:8::/48 table 151; ip route add fd00:8::/48 via fd00:190::2 dev eth0 table 150",
      says: /^eth0: the policy route to fd00:8::\/48 via fd00:190::2 is gone/,
    },
    ...[false, true].map((v6): Change => ({
      what: `an IPv${v6 ? 6 : 4} rule is gone`,
      ...there(`${v6 ? "-6 " : ""}rule X from ${bare(of(0, v6))} table 150 pref 32000`, "X", "add"),
      says: new RegExp(`^eth0: the rule from ${bare(of(0, v6))}/${v6 ? 128 : 32} to table 150 is gone`),
    })),
    {
      what: "the record is gone",
      breaks: `mv '${record}' /run/record.kept`,
      mends: `mv /run/record.kept '${record}'`,
      says: new RegExp(`^sandbox ${sandbox.containerID} is not attached on this node`),
      code: 104,
    },
  ];
}

/** Runs lines of a shell in the sandbox's network, and the node's files. */
async function sh({ sandbox }: World, lines: string): Promise<void> {
  await inside(sandbox, "sh", "-e", "-c", lines);
}

async function passes({ danm, delegates, sandbox, result }: World): Promise<void> {
  const answer = await danm.call(sandbox, "CHECK", delegates.with({ conf: { prevResult: result } }));
  assertEquals([answer.code, answer.document], [0, undefined]);
}

async function fails(world: World, prevResult: object = world.result): Promise<CniErrorDocument> {
  const { danm, delegates, sandbox } = world;
  return await danm.fail(sandbox, "CHECK", delegates.with({ conf: { prevResult } }));
}

async function namedTables(world: World): Promise<void> {
  const { node } = world;
  await node.run(["sh", "-c", "cp /etc/iproute2/rt_tables /run/rt_tables; echo 150 storage >>/run/rt_tables"]);
  await node.run(["mount", "--bind", "/run/rt_tables", "/etc/iproute2/rt_tables"]);
  await passes(world);
  await node.run(["umount", "/etc/iproute2/rt_tables"]);
}

async function otherResults(world: World): Promise<void> {
  const { danm, delegates, sandbox, result } = world;
  const missing = await danm.fail(sandbox, "CHECK", delegates.with());
  assertEquals([missing.code, missing.msg], [7, "configuration: prevResult is missing"]);
  const cases: [object, RegExp][] = [
    [
      { ...result, interfaces: result.interfaces.slice(0, 1), ips: [] },
      /^eth1: prevResult does not have the interface/,
    ],
    [{ ...result, ips: [{ address: "10.190.0.99/24", interface: 0 }] }, /eth0: the address 10\.190\.0\.99\/24 is gone/],
    [{ ...result, routes: [{ dst: "10.99.0.0/16" }] }, /the route to 10\.99\.0\.0\/16 is gone/],
  ];
  for (const [prevResult, says] of cases) assertMatch((await fails(world, prevResult)).msg, says);
  await passes(world);
}

async function otherHolder(world: World): Promise<void> {
  const { danm, delegates, node } = world;
  const name = (await danm.held()).find((one) => one.name.startsWith("10.190.0.77."))?.name ?? "";
  await danm.lab.kubectl(["delete", "danmip", name]);
  assertMatch((await fails(world)).msg, new RegExp(`^eth0: DanmIp ${name} is gone`));
  const { sandbox: other } = await delegates.attach(node, [{ network: "full", ip: "10.190.0.77" }]);
  assertMatch((await fails(world)).msg, new RegExp(`^eth0: DanmIp ${name} belongs to sandbox ${other.containerID}`));
  await danm.del(other, delegates.with());
  await node.deleteNetns(other.netns);
}

async function goneEndpoint(world: World): Promise<void> {
  const { danm, sandbox } = world;
  const endpoints = (await danm.held()).filter((one) =>
    one.kind === "DanmEp" && one.containerID === sandbox.containerID
  );
  assertEquals(endpoints.length, 3);
  for (const { name } of endpoints) await danm.lab.kubectl(["delete", "danmep", name]);
  const { msg } = await fails(world);
  for (const { name } of endpoints) assert(msg.includes(`DanmEp ${name} is gone`), msg);
}

async function goneNamespace(world: World): Promise<void> {
  const { danm, delegates, node, sandbox } = world;
  await node.deleteNetns(sandbox.netns);
  const { msg } = await fails(world);
  assertMatch(msg, new RegExp(`the network namespace ${sandbox.netns} of sandbox ${sandbox.containerID} is gone`));
  await danm.del(sandbox, delegates.with());
  assertEquals(await danm.held(), []);
}
