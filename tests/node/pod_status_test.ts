import { assert, assertEquals, assertMatch } from "@std/assert";
import { answerOf, type TestSandbox } from "../support/danm_lab.ts";
import { type FaultProxy, startFaultProxy } from "../support/lab/fault_proxy.ts";
import type { Fault } from "../support/lab/fault_rules.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { toStderr } from "../support/progress.ts";
import { createPod, createWorld, readPod, readStatus, STATUS, type World } from "./pod_status/world.ts";

const MATCH = { method: "PATCH", path: /\/pods\/[^/]+\/status$/ } as const;
const ONE = [{ network: "dual", ip: "dynamic" }];

labTest("the status annotation of a Pod", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const world = await createWorld(lab);
  await t.step("says what the result and the kernel say, and is renewed", () => attached(world));
  await t.step("is not written by an ADD that fails", () => failed(world));
  await using proxy = await startFaultProxy(lab);
  const faulty = { ...world, proxy, kubeconfig: await proxy.kubeconfig(world.danm.user(world.node)) };
  await t.step("is written at the second try", () => secondTry(faulty));
  for (const { what, fault, patches } of FAULTS) {
    await t.step(`is missing, and nothing else: ${what}`, () => missing(faulty, { fault, patches }));
  }
  await t.step("is not written to another Pod of that name", () => anotherPod(faulty));
});

interface FaultyWorld extends World {
  readonly proxy: FaultProxy;
  /** Leads through the proxy. */
  readonly kubeconfig: string;
}

/** How the write fails, and how many there are then. */
const FAULTS: readonly { what: string; fault: Fault; patches: (count: number) => boolean }[] = [
  { what: "403", fault: { kind: "answer", status: 403 }, patches: (count) => count === 1 },
  { what: "409", fault: { kind: "answer", status: 409 }, patches: (count) => count === 1 },
  { what: "500 for ever", fault: { kind: "answer", status: 500 }, patches: (count) => count > 2 },
  { what: "no answer", fault: { kind: "hang" }, patches: (count) => count === 1 },
];

async function attached(world: World): Promise<void> {
  const { danm, node } = world;
  const sandbox = await danm.createSandboxFor(node, [
    { network: "dual", ip: "dynamic", ip6: "fd00:160::42" },
    { clusterNetwork: "wide", ip: "10.161.0.7" },
    { tenantNetwork: "bare" },
  ]);
  const before = await readPod(world, sandbox.pod.name);
  const result = await danm.add(sandbox);
  const status = await readStatus(world, sandbox.pod.name);
  const links = await kernelLinks(sandbox);
  const [first] = result.ips;
  assert(first);
  const own = (name: string): { interface: string; dns: object } => ({ interface: name, ...links.get(name), dns: {} });
  assertEquals(status, [
    {
      name: "default/dual",
      ...own("eth0"),
      ips: [first.address.replace("/24", ""), "fd00:160::42"],
      default: true,
      gateway: ["10.160.0.1"],
    },
    { name: "wide", ...own("wide1"), ips: ["10.161.0.7"], default: false },
    { name: "default/bare", ...own("eth2"), default: false },
  ]);
  assertEquals(status?.map(({ mtu }) => mtu), [1500, 1400, 1500]);
  const { [STATUS]: _status, ...others } = (await readPod(world, sandbox.pod.name)).metadata.annotations ?? {};
  assertEquals(others, before.metadata.annotations);

  const newer = await danm.createSandbox(node, sandbox.pod);
  await danm.add(newer);
  const renewed = await readStatus(world, sandbox.pod.name);
  const macs = [...(await kernelLinks(newer)).values()].map(({ mac }) => mac).sort();
  assertEquals(renewed?.map(({ mac }) => mac ?? "").sort(), macs);
  for (const one of [sandbox, newer]) await detach(world, one);
  assertEquals(await readStatus(world, sandbox.pod.name), renewed);
}

async function kernelLinks({ node, netns }: TestSandbox): Promise<Map<string, { mac: string; mtu: number }>> {
  const { stdout } = await node.run(["nsenter", `--net=${netns}`, "ip", "-json", "link"]);
  const links: { ifname: string; address: string; mtu: number }[] = JSON.parse(stdout);
  return new Map(
    links.filter(({ ifname }) => ifname !== "lo").map(({ ifname, address, mtu }) => [ifname, { mac: address, mtu }]),
  );
}

async function failed(world: World): Promise<void> {
  const { danm, node } = world;
  const sandbox = await danm.createSandboxFor(node, [...ONE, { network: "none" }]);
  assertEquals((await danm.fail(sandbox, "ADD")).code, 102);
  assertEquals(await readStatus(world, sandbox.pod.name), undefined);
  await detach(world, sandbox);
}

async function secondTry(world: FaultyWorld): Promise<void> {
  const { danm, node, proxy, kubeconfig } = world;
  await proxy.faults.once({ kind: "answer", status: 500 }, MATCH);
  const sandbox = await danm.createSandboxFor(node, ONE);
  await danm.add(sandbox, { kubeconfig });
  assertEquals((await readStatus(world, sandbox.pod.name))?.map((one) => one.interface), ["eth0"]);
  await detach(world, sandbox);
}

async function missing(
  world: FaultyWorld,
  { fault, patches }: { fault: Fault; patches: (count: number) => boolean },
): Promise<void> {
  const { danm, node, proxy, kubeconfig } = world;
  const after = await proxy.count();
  const rule = await proxy.faults.push(fault, MATCH);
  const sandbox = await danm.createSandboxFor(node, ONE);
  const logFile = `/var/lib/${sandbox.containerID}.log`;
  const began = performance.now();
  const result = await danm.add(sandbox, { kubeconfig, conf: { logFile } });
  const ms = performance.now() - began;
  assertEquals(result.interfaces.map(({ name }) => name), ["eth0"]);
  assert(ms < 10_000, `${ms} ms: the write has two seconds`);
  toStderr(`status annotation, ${JSON.stringify(fault)}: ADD took ${Math.round(ms)} ms`);
  const requests = await proxy.requests(after);
  const count = requests.filter(({ method, path }) => method === "PATCH" && MATCH.path.test(path)).length;
  assert(patches(count), `${count} patches`);
  const { stdout } = await node.run(["cat", logFile]);
  assertMatch(stdout, new RegExp(`^.*"level":"warn","msg":"annotation ${STATUS} could not be written".*$`, "m"));
  assertEquals(await readStatus(world, sandbox.pod.name), undefined);
  await proxy.faults.clear(rule);
  await detach(world, sandbox);
}

async function anotherPod(world: FaultyWorld): Promise<void> {
  const { danm, node, proxy, kubeconfig } = world;
  const annotations = { "danm.io/interfaces": JSON.stringify(ONE) };
  const pod = await createPod(world, annotations, "again");
  const sandbox = await danm.createSandbox(node, pod);
  const rule = await proxy.faults.push({ kind: "hold" }, MATCH);
  const adding = await danm.start(sandbox, "ADD", { kubeconfig });
  const held = await proxy.waitForRequest(({ method, path }) => method === "PATCH" && path.includes("/again/"));
  await danm.lab.kubectl(["delete", "pod", "again", "--force", "--grace-period=0"]);
  await createPod(world, annotations, "again");
  assertEquals(await proxy.release(held), 422);
  await proxy.faults.clear(rule);
  assertEquals(answerOf(await adding.result).code, 0);
  assertEquals(await readStatus(world, "again"), undefined);
  await detach(world, sandbox);
}

async function detach({ danm, node }: World, sandbox: TestSandbox): Promise<void> {
  await danm.del(sandbox);
  assertEquals(await danm.leftovers(sandbox), []);
  await node.deleteNetns(sandbox.netns);
}
