import { assert, assertEquals, assertMatch } from "@std/assert";
import { type CallOptions, DanmLab } from "../support/danm_lab.ts";
import { DelegateLab, inside } from "../support/delegates/delegate_lab.ts";
import { FAILING_ADDS, type FailingAdd } from "../support/delegates/failing_adds.ts";
import { ODD_RESULTS } from "../support/delegates/odd_results.ts";
import { MAKES_LINK, ScriptedDelegate } from "../support/delegates/scripted_delegate.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { failingCheck } from "./delegate_faults/failing_check.ts";

labTest("static delegates that misbehave", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  const world = await createWorld(danm, node);
  for (const failing of FAILING_ADDS) {
    const { title } = failing;
    await t.step(
      `ADD fails and is undone when a delegate ${title}`,
      () => failingAdd(world, failing),
    );
  }
  await t.step("all plugins of a list are undone, the last first", () => failingList(world));
  await t.step("a DEL that fails is repeated until it works", () => failingDel(world));
  await t.step("a DEL that does not end is stopped, and repeated", () => hangingDel(world));
  await t.step("CHECK tells what a delegate's says, and ends in time", () => failingCheck(world));
  await t.step(
    "DEL uses the configuration and the result of ADD, whatever the file says now",
    () => changedFile(world),
  );
  await t.step("files that cannot be used are named", () => badFiles(world));
  await t.step("a plugin that is gone", () => missingPlugin(world));
  await t.step("an interface that the sandbox has already", () => takenName(world));
  await t.step("results of old plugins, and of careless ones", () => oddResults(world));
  await t.step("types that make no interfaces", () => refusedTypes(world));
});

interface World {
  readonly delegates: DelegateLab;
  readonly danm: DanmLab;
  readonly node: Node;
  readonly first: ScriptedDelegate;
  readonly second: ScriptedDelegate;
  readonly binDir: string;
  /** Calls that find the scripted plugins. */
  readonly options: CallOptions;
}

async function createWorld(danm: DanmLab, node: Node): Promise<World> {
  const dir = `${danm.lab.dir}/scripted`;
  const first = await ScriptedDelegate.create(dir, "scripted");
  const second = await ScriptedDelegate.create(dir, "chained");
  const delegates = new DelegateLab(danm);
  const options = delegates.with({ env: { CNI_PATH: `${dir}/bin:${danm.cniPath}` } });
  const cidr = "192.0.2.0/24";
  await delegates.define(
    { name: "one", type: "scripted", file: { type: "scripted", marker: "as added" }, options: { cidr } },
    { name: "pair", type: "scripted", file: { plugins: [{ type: "scripted" }, { type: "chained" }] } },
    { name: "leased", type: "scripted", file: { type: "scripted", ipam: { type: "host-local", subnet: cidr } } },
    { name: "plain", type: "bridge", file: { type: "bridge", bridge: "brplain" }, options: { cidr: "10.150.0.0/24" } },
    { name: "bad", type: "scripted" },
  );
  return { delegates, danm, node, first, second, binDir: `${dir}/bin`, options };
}

const PLAIN = { network: "plain", ip: "dynamic" };

async function failingAdd(world: World, { behaviour, says, killed }: FailingAdd): Promise<void> {
  const { danm, delegates, node, first, options } = world;
  await first.behave({ ADD: behaviour });
  const sandbox = await danm.createSandboxFor(node, [PLAIN, { network: "one", ip: "192.0.2.9" }, PLAIN]);
  const limits = killed && { timeoutMs: 4000 };
  const { code, msg } = await danm.fail(sandbox, "ADD", { ...options, conf: { ...options.conf, ...limits } });
  assertEquals([code, says.msg.test(msg)], [says.code, true], msg);
  const [add, del, ...more] = await first.calls();
  assertEquals([add?.command, del?.command, more], ["ADD", "DEL", []]);
  const { prevResult: _, ...conf } = del?.conf ?? {};
  assertEquals(conf, add?.conf);
  if (killed) assertEquals((await node.run(["pgrep", "-f", "^sleep 1000"], { check: false })).stdout, "");
  await delegates.assertGone(sandbox);
}

async function failingList({ danm, delegates, node, first, second, options }: World): Promise<void> {
  await first.behave({});
  await second.behave({ ADD: { before: "echo no >&2", exits: 1 } });
  const sandbox = await danm.createSandboxFor(node, [PLAIN, { network: "pair" }]);
  assertMatch((await danm.fail(sandbox, "ADD", options)).msg, /^eth1: ADD of delegate chained failed/);
  const [add, del] = await first.calls();
  const [chained, undone] = await second.calls();
  assertEquals([add?.command, del?.command, chained?.command, undone?.command], ["ADD", "DEL", "ADD", "DEL"]);
  const { interfaces } = chained?.conf["prevResult"] as { interfaces: object[] };
  assertEquals(interfaces, [{ name: "eth1", sandbox: sandbox.netns }]);
  await delegates.assertGone(sandbox);
}

async function failingDel({ danm, delegates, node, first, second, options }: World): Promise<void> {
  await first.behave({ DEL: { prints: '{"code":5,"msg":"Link not found"}', exits: 1 } });
  await second.behave({ DEL: { before: "echo no >&2", exits: 1 } });
  const { sandbox } = await delegates.attach(node, [PLAIN, { network: "pair" }], options);
  await Promise.all([first.calls(), second.calls()]);
  const { msg } = await danm.fail(sandbox, "DEL", options);
  assertMatch(msg, /DEL of delegate chained failed.*; eth1: DEL of delegate scripted failed: code 5: Link missing/);
  await second.behave({ DEL: { prints: "" } });
  await danm.fail(sandbox, "DEL", options);
  assertEquals((await danm.held()).map(({ kind }) => kind), ["DanmEp"], "eth0 is released, eth1 is not");
  await first.behave({});
  await danm.del(sandbox, options);
  const [dels, others] = [await first.calls(), await second.calls()];
  assertEquals([dels.length, others.length], [3, 3], "every plugin is called until all are done");
  await delegates.assertGone(sandbox);
}

async function hangingDel({ danm, delegates, node, first, options }: World): Promise<void> {
  await first.behave({ DEL: { before: "sleep 1000" } });
  const { sandbox } = await delegates.attach(node, [{ network: "one" }], options);
  const { code, msg } = await danm.fail(sandbox, "DEL", { ...options, conf: { ...options.conf, timeoutMs: 1500 } });
  assertEquals([code, /did not end in time/.test(msg)], [11, true], msg);
  await first.behave({});
  await danm.del(sandbox, options);
  await first.calls();
  await delegates.assertGone(sandbox);
}

async function changedFile({ danm, delegates, node, first, options }: World): Promise<void> {
  await first.behave({});
  const { sandbox } = await delegates.attach(node, [{ network: "one" }], options);
  await delegates.write("one.conf", { type: "other", marker: "changed" });
  await danm.del(sandbox, { ...options, env: { ...options.env, CNI_ARGS: "" } });
  await delegates.write("one.conf", { type: "scripted", marker: "as added" });
  const [add, del] = await first.calls();
  const { prevResult, ...conf } = del?.conf ?? {};
  assertEquals([conf, conf["marker"]], [add?.conf, "as added"]);
  assertEquals((prevResult as { ips: object[] }).ips, [{ address: "192.0.2.7/24", interface: 0 }]);
  assertEquals([del?.args, del?.netns], [add?.args, sandbox.netns]);
  await delegates.assertGone(sandbox);
}

async function badFiles({ danm, delegates, node, first, options }: World): Promise<void> {
  const path = `${delegates.cniDir}/bad.conf`;
  const cases: { content: object | string | undefined; says: RegExp }[] = [
    { content: undefined, says: /no configuration of its delegate: neither bad\.conf nor bad\.conflist is in/ },
    { content: "{", says: /bad\.conf is not JSON/ },
    { content: "[]", says: /bad\.conf is not a JSON object/ },
    { content: { type: "bridge" }, says: /bad\.conf: type: is "bridge", the network's NetworkType is "scripted"/ },
    {
      content: { plugins: [{ type: "scripted" }, { type: "nowhere" }] },
      says: /^eth0: no executable nowhere in CNI_PATH/,
    },
  ];
  for (const { content, says } of cases) {
    if (content !== undefined) await delegates.write("bad.conf", content);
    const sandbox = await danm.createSandboxFor(node, [{ network: "bad" }]);
    const { code, msg } = await danm.fail(sandbox, "ADD", options);
    assertEquals([says.test(msg), code], [true, msg.includes("nowhere") ? 105 : 7], msg);
    await delegates.assertGone(sandbox);
  }
  await Deno.remove(path);
  await Deno.mkdir(path);
  const sandbox = await danm.createSandboxFor(node, [{ network: "bad" }]);
  const { code, msg } = await danm.fail(sandbox, "ADD", options);
  assertEquals([code, /bad\.conf cannot be read/.test(msg)], [5, true], msg);
  await delegates.assertGone(sandbox);
  assertEquals(await first.calls(), []);
}

async function missingPlugin({ danm, delegates, node, first, binDir, options }: World): Promise<void> {
  await first.behave({});
  const away = async (): Promise<void> => await Deno.rename(`${binDir}/scripted`, `${binDir}/away`);
  const back = async (): Promise<void> => await Deno.rename(`${binDir}/away`, `${binDir}/scripted`);
  for (const [network, goesOn] of [["one", true], ["leased", false]] as const) {
    const { sandbox } = await delegates.attach(node, [{ network }], options);
    await away();
    const missing = /^eth0: no executable scripted in CNI_PATH/;
    assertMatch((await danm.fail(sandbox, "DEL", options)).msg, missing, "the namespace is there");
    await node.deleteNetns(sandbox.netns);
    const gone = { ...options, env: { ...options.env, CNI_NETNS: "" } };
    if (goesOn) await danm.del(sandbox, gone);
    else assertMatch((await danm.fail(sandbox, "DEL", gone)).msg, missing, "what its IPAM gave is still given");
    await back();
    await danm.del(sandbox, gone);
    assertEquals(await danm.leftovers(sandbox), []);
  }
  await first.calls();
}

async function takenName({ danm, delegates, node, first, options }: World): Promise<void> {
  const sandbox = await danm.createSandboxFor(node, [PLAIN, { network: "one", ip: "dynamic" }]);
  await inside(sandbox, "ip", "link", "add", "name", "eth1", "type", "bridge");
  const { code, msg } = await danm.fail(sandbox, "ADD", options);
  assertEquals([code, msg], [106, "eth1 on DanmNet default/one: the sandbox has an interface of that name already"]);
  await danm.del(sandbox, options);
  const links: { ifname: string }[] = JSON.parse(await inside(sandbox, "ip", "-json", "link"));
  assertEquals(links.map(({ ifname }) => ifname), ["lo", "eth1"]);
  assertEquals(await first.calls(), []);
  await inside(sandbox, "ip", "link", "del", "eth1");
  await delegates.assertGone(sandbox);
}

async function oddResults({ delegates, node, first, options }: World): Promise<void> {
  for (const { result: printed, ips, others } of ODD_RESULTS) {
    await first.behave({ ADD: { before: MAKES_LINK, prints: JSON.stringify(printed) } });
    const { sandbox, result } = await delegates.attach(node, [{ network: "one" }], options);
    assertEquals(result.ips, ips as unknown as typeof result.ips);
    assertEquals(result.interfaces.map(({ name }) => name), ["eth0", ...others]);
    assertEquals(result.interfaces[0]?.sandbox, sandbox.netns);
    assertEquals((result as unknown as { dns?: object }).dns, (printed as { dns?: object }).dns);
    const { Address, MacAddress } = (await delegates.endpoints(sandbox)).get("eth0") ?? {};
    assertEquals([Address, MacAddress], [result.ips[0]?.address, result.interfaces[0]?.mac]);
    assertMatch(MacAddress ?? "", /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    await first.behave({});
    await delegates.detach(sandbox, options);
  }
}

async function refusedTypes({ danm }: World): Promise<void> {
  for (const NetworkType of ["danm", "danm-ipam", "fakeipam", "FakeIpam"]) {
    const spec = { NetworkID: "refused", NetworkType };
    const network = {
      apiVersion: "danm.io/v1",
      kind: "DanmNet",
      metadata: { name: "refused", namespace: "default" },
      spec,
    };
    const refused = await danm.apply(network).then(() => "accepted", String);
    assertMatch(refused, /NetworkType must be a plugin that makes interfaces/);
  }
}
