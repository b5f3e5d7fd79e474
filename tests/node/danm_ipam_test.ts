import { assert, assertEquals, assertMatch } from "@std/assert";
import { CNI_VERSIONS, type CniVersion } from "../../shared/cni/cni_version.ts";
import { callingWithIpam } from "../support/danm_ipam_lab.ts";
import { type CallOptions, DanmLab, type TestSandbox } from "../support/danm_lab.ts";
import { ensureBinaries } from "../support/lab/binaries.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";
import { waitFor } from "../support/wait.ts";
import { checkAddresses, checkHeld, checkRoutes, countHeld } from "./danm_ipam/checks.ts";

labTest("reference plugins with addresses from danm-ipam", {}, async (t) => {
  await using lab = await startLab({ nodes: 2, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node, other] = lab.nodes;
  assert(node && other);
  await danm.apply(...networks());
  const { cnitool } = await ensureBinaries(["cnitool"], toStderr);
  const macvlan = { type: "macvlan", master: node.uplink };
  const world: World = {
    danm: callingWithIpam(danm, macvlan, { clusterNetwork: "wide" }),
    bridge: callingWithIpam(danm, { type: "bridge", bridge: "br-test" } as { type: string }, { network: "tiny" }),
    node,
    other,
    cnitool,
    confDir: await Deno.makeTempDir({ dir: lab.dir }),
  };

  for (const cniVersion of CNI_VERSIONS) {
    await t.step(`cnitool with conf and conflist of version ${cniVersion}`, async () => {
      await Promise.all([
        byCnitool(world, { form: "conf", cniVersion, node }),
        byCnitool(world, { form: "conflist", cniVersion, node: other }),
      ]);
    });
  }
  await t.step("macvlan: kernel, API and result agree, and the nodes reach each other", () => acrossNodes(world));
  await t.step("bridge: a static address by capability, argument or args", () => staticAddresses(world));
  await t.step("an address in use names its holder, an exhausted pool its numbers", () => refusals(world));
  await t.step("a plugin that fails after it got addresses leaves none", () => failsAfterwards(world));
  assertEquals(await danm.held(), []);
});

interface World {
  /** Calls macvlan on ClusterNetwork wide. */
  readonly danm: DanmLab;
  /** Calls bridge on DanmNet tiny. */
  readonly bridge: DanmLab;
  readonly node: Node;
  readonly other: Node;
  readonly cnitool: string;
  /** Where cnitool finds its configuration. */
  readonly confDir: string;
}

/** What `host_device` says is for `danm` alone. */
function networks(): object[] {
  const network = (kind: string, name: string, options: object): object => ({
    apiVersion: "danm.io/v1",
    kind,
    metadata: { name, ...(kind === "DanmNet" && { namespace: "default" }) },
    spec: { NetworkID: name, Options: { host_device: "none", ...options } },
  });
  return [
    network("ClusterNetwork", "wide", {
      cidr: "10.130.0.0/24",
      net6: "fd00:130::/64",
      routes: { "0.0.0.0/0": "10.130.0.1", "10.9.0.0/16": "10.130.0.254" },
      routes6: { "fd00:9::/48": "fd00:130::1" },
    }),
    network("DanmNet", "tiny", { cidr: "10.131.0.0/24", allocation_pool: { start: "10.131.0.2", end: "10.131.0.3" } }),
  ];
}

type Document = Record<string, unknown>;

async function byCnitool(
  world: World,
  { form, cniVersion, node }: { form: "conf" | "conflist"; cniVersion: CniVersion; node: Node },
): Promise<void> {
  const { danm } = world;
  const name = `${form}-${cniVersion}`;
  const { name: _, cniVersion: __, ...plugin } = danm.conf(node);
  const conf = form === "conflist" ? { cniVersion, name, plugins: [plugin] } : { cniVersion, name, ...plugin };
  await Deno.writeTextFile(`${world.confDir}/${name}.${form}`, JSON.stringify(conf));
  const sandbox = await danm.createSandbox(node, await danm.createPod(node));
  const call = (verb: string): Promise<string> => callCnitool(world, { verb, name, sandbox });

  const result: Document = JSON.parse(await call("add"));
  assertEquals(result["cniVersion"], cniVersion);
  const ips = result["ips"] as Document[];
  const old = cniVersion === "0.3.1" || cniVersion === "0.4.0";
  assertEquals(ips.map(({ version }) => version), old ? ["4", "6"] : [undefined, undefined]);
  assertEquals(ips.map(({ interface: index }) => index), [0, 0]);
  assertEquals((result["routes"] as Document[]).length, 3);
  assertEquals(await countHeld(danm, sandbox), 2);
  if (cniVersion !== "0.3.1") assertEquals(await call("check"), "");
  if (cniVersion === "1.1.0") {
    assertEquals(await call("status"), "");
    // Before it calls GC, libcni calls DEL for all attachments that it remembers.
    assertEquals(await call("gc"), "");
    assertEquals(await countHeld(danm, sandbox), 0);
  }
  assertEquals(await call("del"), "");
  assertEquals([await danm.leftovers(sandbox), await countHeld(danm, sandbox)], [[], 0]);
  await node.deleteNetns(sandbox.netns);
}

/** Calls the real cnitool for a sandbox and gives what it printed. */
async function callCnitool(
  { danm, cnitool, confDir }: World,
  call: { verb: string; name: string; sandbox: TestSandbox; env?: Readonly<Record<string, string>> },
): Promise<string> {
  const { CNI_PATH = "", CNI_ARGS = "" } = danm.env(call.sandbox, "");
  const env = { NETCONFPATH: confDir, CNI_PATH, CNI_ARGS, ...call.env };
  const { node, netns } = call.sandbox;
  return (await node.run([cnitool, call.verb, call.name, netns], { env })).stdout;
}

async function acrossNodes({ danm, node, other }: World): Promise<void> {
  const sandboxes = await Promise.all(
    [node, other].map(async (at) => await danm.createSandbox(at, await danm.createPod(at))),
  );
  const texts = await Promise.all(sandboxes.map(async (sandbox) => {
    const { ips } = await danm.add(sandbox);
    const addresses = ips.map(({ address }) => address);
    await checkAddresses(sandbox, addresses);
    await checkRoutes(sandbox);
    await checkHeld(danm, { sandbox, addresses });
    return addresses.map((address) => address.replace(/\/.*/, ""));
  }));
  const [from] = sandboxes;
  assert(from);
  for (const address of texts[1] ?? []) {
    const ping = ["nsenter", `--net=${from.netns}`, "ping", "-c1", "-W5", address];
    // The reference plugin does not wait for the detection of duplicate addresses, which keeps IPv6 from being used.
    await waitFor(`an answer of ${address}`, async () => (await node.run(ping, { check: false })).code === 0);
  }
  for (const sandbox of sandboxes) {
    await danm.del(sandbox);
    assertEquals(await danm.leftovers(sandbox), []);
    await sandbox.node.deleteNetns(sandbox.netns);
  }
}

async function staticAddresses(world: World): Promise<void> {
  const { bridge, node, confDir } = world;
  const name = "static";
  const { name: _, cniVersion, ...plugin } = bridge.conf(node);
  const list = { cniVersion, name, plugins: [{ ...plugin, capabilities: { ips: true } }] };
  await Deno.writeTextFile(`${confDir}/${name}.conflist`, JSON.stringify(list));
  const attach = async (sandbox: TestSandbox, env: Record<string, string>): Promise<unknown> => {
    const added = JSON.parse(await callCnitool(world, { verb: "add", name, sandbox, env }));
    await callCnitool(world, { verb: "del", name, sandbox, env });
    return added.ips[0].address;
  };
  const sandboxes = await Promise.all(
    [1, 2].map(async () => await bridge.createSandbox(node, await bridge.createPod(node))),
  );
  const [first, second] = sandboxes;
  assert(first && second);
  const { CNI_ARGS } = bridge.env(first, "");
  // What a capability says comes before what an argument says.
  const both = { CAP_ARGS: `{"ips": ["10.131.0.77/24"]}`, CNI_ARGS: `${CNI_ARGS};IP=10.131.0.78` };
  assertEquals(await attach(first, both), "10.131.0.77/24");
  assertEquals(
    await attach(second, { CNI_ARGS: `${bridge.env(second, "")["CNI_ARGS"]};IP=10.131.0.78` }),
    "10.131.0.78/24",
  );
  const third = await bridge.createSandbox(node, await bridge.createPod(node));
  const { ips } = await bridge.add(third, { conf: { args: { cni: { ips: ["10.131.0.79"] } } } });
  assertEquals(ips.map(({ address }) => address), ["10.131.0.79/24"]);
  await bridge.del(third);
  for (const sandbox of [...sandboxes, third]) {
    assertEquals(await bridge.leftovers(sandbox), []);
    await node.deleteNetns(sandbox.netns);
  }
}

async function refusals({ bridge, node }: World): Promise<void> {
  const sandboxes = [];
  for (let count = 0; count < 3; count++) {
    sandboxes.push(await bridge.createSandbox(node, await bridge.createPod(node)));
  }
  const [first, second, third] = sandboxes;
  assert(first && second && third);
  const { ips } = await bridge.add(first);
  const address = ips[0]?.address.replace(/\/.*/, "") ?? "";
  const inUse = await bridge.fail(second, "ADD", { conf: { runtimeConfig: { ips: [address] } } });
  assertEquals(inUse.code, 101);
  const holder = `Pod default/${first.pod.name}, interface eth0, on node ${node.name}`;
  assertMatch(inUse.msg, new RegExp(`^address ${address} of DanmNet default/tiny is in use by ${holder}`));
  await bridge.del(second);
  const again = await bridge.createSandbox(node, second.pod);
  await bridge.add(again);
  const exhausted = await bridge.fail(third, "ADD");
  assertEquals(exhausted.code, 100);
  assertMatch(
    exhausted.msg,
    /^pool 10\.131\.0\.2-10\.131\.0\.3 \(2 addresses, 2 given dynamically\) of DanmNet default\/tiny/,
  );
  for (const sandbox of [...sandboxes, again]) {
    await bridge.del(sandbox);
    assertEquals(await bridge.leftovers(sandbox), []);
    await node.deleteNetns(sandbox.netns);
  }
}

/** The bridge has an address of its own already, which the plugin notices when it has asked for the sandbox's. */
async function failsAfterwards({ bridge, node }: World): Promise<void> {
  await node.run(["ip", "address", "add", "192.0.2.1/24", "dev", "br-test"]);
  const sandbox = await bridge.createSandbox(node, await bridge.createPod(node));
  const options: CallOptions = { conf: { isGateway: true } };
  const { msg } = await bridge.fail(sandbox, "ADD", options);
  assertMatch(msg, /already has an IP address different/);
  assertEquals((await bridge.leftovers(sandbox)).filter((left) => !left.startsWith("link ")), []);
  // The reference plugin calls DEL itself; the runtime calls it once more.
  await bridge.del(sandbox, options);
  assertEquals(await bridge.leftovers(sandbox), []);
  await node.deleteNetns(sandbox.netns);
}
