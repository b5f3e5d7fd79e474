import { assert, assertEquals, assertMatch } from "@std/assert";
import { CNI_VERSIONS, type CniVersion } from "../../shared/cni/cni_version.ts";
import { DanmLab, type TestSandbox } from "../support/danm_lab.ts";
import { ensureBinaries } from "../support/lab/binaries.ts";
import { startLab } from "../support/lab/lab.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";

Deno.test("the built danm, called by cnitool and as a runtime calls it, in every version of CNI", async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  await danm.apply(...networks(node));
  const { cnitool } = await ensureBinaries(["cnitool"], toStderr);
  const world: World = { danm, node, cnitool, confDir: await Deno.makeTempDir({ dir: lab.dir }) };

  await t.step("cnitool add and del with a conf", () => byCnitool(world, { file: "danm.conf", cniVersion: "0.4.0" }));
  await t.step(
    "cnitool add and del with a conflist",
    () => byCnitool(world, { file: "a.conflist", cniVersion: "1.0.0" }),
  );
  for (const cniVersion of CNI_VERSIONS) {
    await t.step(`eight interfaces, cniVersion ${cniVersion}`, () => eightInterfaces(world, cniVersion));
  }
});

interface World {
  readonly danm: DanmLab;
  readonly node: Node;
  readonly cnitool: string;
  /** Where cnitool finds its configuration. */
  readonly confDir: string;
}

function networks({ uplink }: Node): object[] {
  const network = (kind: string, name: string, options: object): object => ({
    apiVersion: "danm.io/v1",
    kind,
    metadata: { name, ...(kind !== "ClusterNetwork" && { namespace: "default" }) },
    spec: { NetworkID: name, NetworkType: "macvlan", Options: { host_device: uplink, ...options } },
  });
  return [
    network("DanmNet", "front", {
      cidr: "10.120.0.0/24",
      net6: "fd00:120::/64",
      routes: { "0.0.0.0/0": "10.120.0.1" },
      routes6: { "fd00:9::/48": "fd00:120::1" },
    }),
    network("ClusterNetwork", "back", {
      cidr: "10.121.0.0/24",
      net6: "fd00:121::/64",
      container_prefix: "net",
      rt_tables: 150,
    }),
    network("TenantNetwork", "wire", { container_prefix: "l2x" }),
  ];
}

type Document = Record<string, unknown>;

async function byCnitool(world: World, { file, cniVersion }: { file: string; cniVersion: CniVersion }): Promise<void> {
  const { danm, node } = world;
  const sandbox = await danm.createSandboxFor(node, [
    { network: "front", ip: "dynamic", ip6: "dynamic" },
    { clusterNetwork: "back", ip: "10.121.0.77" },
  ]);
  const name = file.replace(/\..*/, "");
  const { name: _, cniVersion: __, ...plugin } = danm.conf(node);
  const conf = file.endsWith(".conflist") ? { cniVersion, name, plugins: [plugin] } : { cniVersion, name, ...plugin };
  await Deno.writeTextFile(`${world.confDir}/${file}`, JSON.stringify(conf));

  const result = JSON.parse(await callCnitool(world, { verb: "add", name, sandbox })) as Document;
  show(`cnitool add with ${file}`, result);
  assertEquals(result["cniVersion"], cniVersion);
  assertEquals(namesOf(result), ["eth0", "net1"]);
  assertEquals((result["ips"] as Document[]).map(({ interface: index }) => index), [0, 0, 1]);
  assertEquals((result["ips"] as Document[])[2]?.["address"], "10.121.0.77/24");
  assertEquals((await danm.held()).length, 5, "two DanmEps and three DanmIps");

  assertEquals(await callCnitool(world, { verb: "del", name, sandbox }), "");
  assertEquals(await danm.leftovers(sandbox), []);
  assertEquals(await danm.held(), []);
}

/** Calls the real cnitool for a sandbox and gives what it printed. It makes up a container id of its own. */
async function callCnitool(
  { danm, node, cnitool, confDir }: World,
  { verb, name, sandbox }: { verb: "add" | "del"; name: string; sandbox: TestSandbox },
): Promise<string> {
  const { CNI_PATH = "", CNI_ARGS = "" } = danm.env(sandbox, "");
  const env = { NETCONFPATH: confDir, CNI_PATH, CNI_ARGS };
  return (await node.run([cnitool, verb, name, sandbox.netns], { env })).stdout;
}

async function eightInterfaces({ danm, node }: World, cniVersion: CniVersion): Promise<void> {
  const sandbox = await danm.createSandboxFor(node, [
    { network: "front", ip: "dynamic", ip6: "dynamic" },
    {
      clusterNetwork: "back",
      ip: "10.121.0.10",
      ip6: "fd00:121::10",
      proutes: { "10.7.0.0/16": "10.121.0.1" },
      proutes6: { "fd00:7::/48": "fd00:121::1" },
    },
    { tenantNetwork: "wire" },
    { network: "front", ip: "dynamic" },
    { network: "front", ip6: "dynamic" },
    { clusterNetwork: "back", ip: "dynamic", ip6: "none" },
    { clusterNetwork: "back", ip6: "dynamic" },
    { tenantNetwork: "wire", ip: "none", ip6: "none" },
  ]);
  const conf = { cniVersion };
  const answer = await danm.call(sandbox, "ADD", { conf });
  assertEquals(answer.code, 0, JSON.stringify(answer));
  const result = answer.document ?? {};
  show(`ADD of eight interfaces, cniVersion ${cniVersion}`, result);
  assertEquals(Object.keys(result), ["cniVersion", "interfaces", "ips", "routes"]);
  assertEquals(result["cniVersion"], cniVersion);
  assertEquals(namesOf(result), ["eth0", "net1", "l2x2", "eth3", "eth4", "net5", "net6", "l2x7"]);
  checkInterfaces(result, { sandbox, cniVersion });
  checkAddresses(result, cniVersion);
  assertEquals(result["routes"], [
    { dst: "0.0.0.0/0", gw: "10.120.0.1" },
    { dst: "fd00:9::/48", gw: "fd00:120::1" },
    { dst: "0.0.0.0/0", gw: "10.120.0.1" },
    { dst: "fd00:9::/48", gw: "fd00:120::1" },
  ]);
  await checkRules(sandbox);
  await danm.del(sandbox, { conf });
  assertEquals(await danm.leftovers(sandbox), []);
  assertEquals(await danm.held(), []);
}

/** The documents are what a runtime's author wants to see, so they are shown. */
function show(what: string, document: Document): void {
  toStderr(`${what}:\n${JSON.stringify(document)}`);
}

function namesOf(result: Document): unknown[] {
  return (result["interfaces"] as Document[]).map(({ name }) => name);
}

/** Only version 1.1.0 knows `mtu`. */
function checkInterfaces(result: Document, at: { sandbox: TestSandbox; cniVersion: CniVersion }): void {
  const keys = at.cniVersion === "1.1.0" ? ["name", "mac", "sandbox", "mtu"] : ["name", "mac", "sandbox"];
  const interfaces = result["interfaces"] as Document[];
  for (const one of interfaces) {
    assertEquals(Object.keys(one), keys);
    assertMatch(String(one["mac"]), /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    assertEquals(one["sandbox"], at.sandbox.netns);
    if (at.cniVersion === "1.1.0") assertEquals(one["mtu"], 1500);
  }
  assertEquals(new Set(interfaces.map(({ mac }) => mac)).size, 8, "each macvlan has a hardware address of its own");
}

/** Versions before 1.0.0 demand `version`, later ones have none. */
function checkAddresses(result: Document, cniVersion: CniVersion): void {
  const ips = result["ips"] as Document[];
  assertEquals(ips.map(({ interface: index }) => index), [0, 0, 1, 1, 3, 4, 5, 6]);
  const subnets = [
    "10.120.0.",
    "fd00:120::",
    "10.121.0.10",
    "fd00:121::10",
    "10.120.0.",
    "fd00:120::",
    "10.121.0.",
    "fd00:121::",
  ];
  ips.forEach((ip, index) => {
    const address = String(ip["address"]);
    const family = address.includes(":") ? "6" : "4";
    assert(address.startsWith(subnets[index] ?? "?"), `${address} of entry ${index}`);
    assert(address.endsWith(family === "4" ? "/24" : "/64"), address);
    const withFamily = cniVersion === "0.3.1" || cniVersion === "0.4.0";
    assertEquals(ip["version"], withFamily ? family : undefined);
    assertEquals(ip["gateway"], address.startsWith("10.120.") ? "10.120.0.1" : undefined);
  });
}

async function checkRules({ node, netns }: TestSandbox): Promise<void> {
  const rules = async (family: string): Promise<string> =>
    (await node.run(["nsenter", `--net=${netns}`, "ip", family, "rule", "show", "pref", "32000"])).stdout;
  assertMatch(await rules("-4"), /^32000:\s+from 10\.121\.0\.10 lookup 150\s*$/);
  assertMatch(await rules("-6"), /^32000:\s+from fd00:121::10 lookup 150\s*$/);
}
