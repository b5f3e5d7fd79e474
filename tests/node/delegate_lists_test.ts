import { assert, assertEquals, assertMatch } from "@std/assert";
import { DanmLab, type TestSandbox } from "../support/danm_lab.ts";
import { DelegateLab, hostTraces } from "../support/delegates/delegate_lab.ts";
import { sendFrom, serveIn } from "../support/delegates/traffic.ts";
import { ensureBinaries } from "../support/lab/binaries.ts";
import { ROOT } from "../../tasks/support/root.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";

labTest("lists of plugins carry traffic: below danm, and behind it", {}, async (t) => {
  await using lab = await startLab({ nodes: 2, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const delegates = new DelegateLab(danm);
  const [node, client] = lab.nodes;
  assert(node && client);
  const network = { cidr: "10.140.0.0/24", routes: { "0.0.0.0/0": "10.140.0.1" } };
  await delegates.define(
    { name: "list", type: "bridge", options: network, file: { plugins: [BRIDGE, ...CHAINED] } },
    { name: "single", type: "bridge", options: network, file: BRIDGE },
  );
  const world: World = { delegates, node, client };
  await t.step("a conflist of bridge, tuning, portmap and bandwidth", () => below(world));
  await t.step("the same plugins behind danm in the runtime's conflist", () => behind(world));
  await t.step("networks and files of the user guide", () => ofTheGuide(world));
});

interface World {
  readonly delegates: DelegateLab;
  readonly node: Node;
  /** Another machine. */
  readonly client: Node;
}

const BRIDGE = { type: "bridge", bridge: "brlist", isGateway: true };

/** Without masquerading, which not every kernel has: it is for connections from the node itself to 127.0.0.1. */
const CHAINED = [
  { type: "tuning", sysctl: { "net.ipv4.conf.eth0.arp_filter": "1" } },
  { type: "portmap", backend: "nftables", snat: false, capabilities: { portMappings: true } },
  { type: "bandwidth", capabilities: { bandwidth: true } },
];

const PORTS = { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] };

/** In bits per second, and bits. */
const LIMIT = { bandwidth: { ingressRate: 8_000_000, ingressBurst: 800_000 } };

/** One second's worth. */
const BYTES = 1_000_000;

async function below({ delegates, node, client }: World): Promise<void> {
  const request = [{ network: "list", ip: "dynamic" }];
  const free = await delegates.attach(node, request, { conf: { runtimeConfig: PORTS } });
  const fast = await throughPort({ node, client }, free.sandbox);
  await delegates.detach(free.sandbox);

  const { sandbox } = await delegates.attach(node, request, { conf: { runtimeConfig: { ...PORTS, ...LIMIT } } });
  const slow = await throughPort({ node, client }, sandbox);
  compare(fast, slow);
  assertEquals(await arpFilter(sandbox), "1\n");
  await delegates.detach(sandbox);
}

async function behind(world: World): Promise<void> {
  const { delegates: { danm, cniDir }, node } = world;
  const { name: _, cniVersion, ...plugin } = danm.conf(node, { conf: { cniDir } });
  await Deno.mkdir(`${cniDir}/runtime`);
  const list = { cniVersion, name: "runtime", plugins: [plugin, ...CHAINED] };
  await Deno.writeTextFile(`${cniDir}/runtime/runtime.conflist`, JSON.stringify(list));
  const sandbox = await danm.createSandboxFor(node, [{ network: "single", ip: "dynamic" }]);
  const result = JSON.parse(await cnitool(world, { verb: "add", sandbox }));
  assertEquals(result.interfaces[0].name, "eth0");
  await cnitool(world, { verb: "check", sandbox });
  const limited = await throughPort(world, sandbox);
  assert(limited > 500, `${limited} ms with a limit of one second's worth`);
  assertEquals(await arpFilter(sandbox), "1\n");
  assertMatch((await hostTraces(node)).join("\n"), / dnat to 10\.140\.0\.\d+:80/);
  assertEquals(await cnitool(world, { verb: "del", sandbox }), "");
  assertEquals([...await danm.held(), ...await hostTraces(node)], []);
}

/** The guide's blocks of JSON with comments are files of `cniDir`; their first line is the name. */
async function ofTheGuide({ delegates, node }: World): Promise<void> {
  const guide = await Deno.readTextFile(`${ROOT}/docs/user_guide.md`);
  const files = [...guide.matchAll(/^```jsonc\n\/\/ ((\w+)\.conf(?:list)?)\n(.*?)^```$/gms)];
  assertEquals(files.map(([, file]) => file), ["storage.conf", "published.conflist"]);
  const objects = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => text ?? "");
  for (const [, file = "", name = "", text = ""] of files) {
    await delegates.write(file, text);
    const stdin = objects.find((object) => object.includes(`\n  NetworkID: ${name}\n`)) ?? "";
    await delegates.danm.lab.kubectl(["apply", "-f", "-"], { stdin });
  }
  const { sandbox, result } = await delegates.attach(node, [
    { network: "published", ip: "dynamic" },
    { network: "storage" },
    { network: "storage", ip: "dynamic" },
  ], { conf: { runtimeConfig: LIMIT } });
  const names = result.ips.map((
    { address, interface: index },
  ) => [result.interfaces[index]?.name, address.slice(0, 7)]);
  assertEquals(names, [["eth0", "10.142."], ["st1", "10.141."], ["st2", "10.140."]]);
  await delegates.detach(sandbox);
}

/** Calls the real cnitool, which passes capabilities as a runtime does. */
async function cnitool(
  { delegates: { danm, cniDir }, node }: World,
  { verb, sandbox }: { verb: "add" | "check" | "del"; sandbox: TestSandbox },
): Promise<string> {
  const { cnitool: program } = await ensureBinaries(["cnitool"], toStderr);
  const { CNI_PATH = "", CNI_ARGS = "" } = danm.env(sandbox, "");
  const env = {
    NETCONFPATH: `${cniDir}/runtime`,
    CNI_PATH,
    CNI_ARGS,
    CAP_ARGS: JSON.stringify({ ...PORTS, ...LIMIT }),
  };
  return (await node.run([program, verb, "runtime", sandbox.netns], { env })).stdout;
}

/** How long it takes, in milliseconds, to send through the node's port from another machine. */
async function throughPort({ node, client }: Pick<World, "node" | "client">, sandbox: TestSandbox): Promise<number> {
  await using _server = await serveIn(sandbox, 80);
  const { received, ms } = await sendFrom(client, { address: node.address, port: 8080, bytes: BYTES });
  assertEquals(received, BYTES);
  return ms;
}

function compare(fastMs: number, slowMs: number): void {
  toStderr(`${BYTES} bytes: ${Math.round(fastMs)} ms without a limit, ${Math.round(slowMs)} ms with 8 Mbit/s`);
  assert(slowMs > 2 * fastMs, `${slowMs} ms with a limit, ${fastMs} ms without`);
}

async function arpFilter({ node, netns }: TestSandbox): Promise<string> {
  return (await node.run(["nsenter", `--net=${netns}`, "sysctl", "-n", "net.ipv4.conf.eth0.arp_filter"])).stdout;
}
