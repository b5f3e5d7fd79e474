import { assert, assertEquals } from "@std/assert";
import { ErrorCode, messageOf } from "../../shared/errors.ts";
import { NAD_ANNOTATION } from "../../shared/schema/nad.ts";
import { type Answer, type CallOptions, DanmLab, type TestSandbox } from "../support/danm_lab.ts";
import { DelegateLab, inside } from "../support/delegates/delegate_lab.ts";
import { MAKES_LINK, ScriptedDelegate } from "../support/delegates/scripted_delegate.ts";
import { readRecords } from "../support/faults/records.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { NadLab } from "../support/nad_lab.ts";
import { Chance, mutatedJson } from "../support/odd_json.ts";
import { toStderr } from "../support/progress.ts";

/** Of each kind of input. The same inputs, and thousands more, go through the modules without a node elsewhere. */
const CALLS = 50;
const AT_ONCE = 3;
const SEED = 20261122;

const ODD_ARGS = [
  ...["", ";", "=", "IgnoreUnknown", "K8S_POD_NAME=;K8S_POD_NAMESPACE=", "K8S_POD_NAMESPACE=a/b;K8S_POD_NAME=x"],
  ...["IP=10.240.0.9", "IP=,", "MAC=x", "a=b=c", "__proto__=1", "x".repeat(5000), "é=\n", "$(id)=`id`"],
];
const INTERFACES = [{ network: "mac", ip: "dynamic", ip6: "dynamic", proutes: { "10.8.0.0/16": "10.240.0.2" } }];
const NADS = [{
  name: "nad",
  interface: "x1",
  mac: "02:00:00:00:00:07",
  "cni-args": { a: 1 },
  portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }],
  "default-route": ["10.242.0.1"],
}];

labTest("odd input to the real plugin: one valid error each, and nothing left", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  const delegates = new DelegateLab(danm);
  const dir = `${lab.dir}/scripted`;
  const scripted: ScriptedDelegate[] = [];
  for (let lane = 0; lane < AT_ONCE; lane++) {
    const type = `scripted${lane}`;
    scripted.push(await ScriptedDelegate.create(dir, type));
    await delegates.define({ name: type, type, file: { cniVersion: "1.0.0", type } });
  }
  const options = { host_device: node.uplink, cidr: "10.240.0.0/24", net6: "fd00:240::/64", rt_tables: 150 };
  await delegates.define({ name: "mac", type: "macvlan", options });
  const nads = new NadLab(danm, { node, options: {} });
  await nads.install();
  const ipam = { type: "host-local", subnet: "10.242.0.0/24" };
  await nads.define({ name: "nad", config: { cniVersion: "1.0.0", type: "bridge", bridge: "brfuzz", ipam } });
  const call = delegates.with({ conf: { nadSupport: true }, env: { CNI_PATH: `${dir}/bin:${danm.cniPath}` } });
  const world: World = { danm, node, scripted, call };
  await t.step("stdin and CNI_ARGS", () => fuzz(world, ofCaller));
  await t.step("annotations", () => fuzz(world, ofUser));
  await t.step("results of delegates", () => fuzz(world, ofDelegate));
});

interface World {
  readonly danm: DanmLab;
  readonly node: Node;
  /** One for each of the calls that go on at the same time. */
  readonly scripted: readonly ScriptedDelegate[];
  /** What a call gets that nothing is wrong with. */
  readonly call: CallOptions;
}

/** One call with odd input. */
type Odd = (world: World, at: { chance: Chance; lane: number }) => Promise<{ sandbox: TestSandbox; answer: Answer }>;

const ofCaller: Odd = async ({ danm, node, call }, { chance }) => {
  const sandbox = await danm.createSandboxFor(node, INTERFACES);
  const command = chance.one(["ADD", "ADD", "DEL", "CHECK", "GC", "STATUS"]);
  if (command !== "ADD" && chance.random() < 0.5) await danm.add(sandbox, call);
  // Where it logs must stay on the node.
  const { logFile: _, ...conf } = danm.conf(node, call);
  const whole = {
    ...conf,
    ...{ cniVersion: "1.1.0", logLevel: "info", timeoutMs: 20_000, namingScheme: "awesome" },
    ...{ prevResult: { cniVersion: "1.1.0", interfaces: [], ips: [] }, "cni.dev/valid-attachments": [] },
  };
  const text = mutatedJson(chance, whole, { rate: chance.one([0, 0.05, 0.2]) });
  const stdin = chance.random() < 0.1 ? text.slice(0, chance.below(text.length)) : text;
  const env = { ...call.env, ...(chance.random() < 0.3 && { CNI_ARGS: chance.one(ODD_ARGS) }) };
  return { sandbox, answer: await danm.call(sandbox, command, { stdin, env }) };
};

const ofUser: Odd = async ({ danm, node, call }, { chance }) => {
  const odd = (value: unknown): string => mutatedJson(chance, value, { rate: chance.one([0, 0.1, 0.3]) });
  const pod = await danm.createPod(node, { interfaces: odd(INTERFACES), annotations: { [NAD_ANNOTATION]: odd(NADS) } });
  const sandbox = await danm.createSandbox(node, pod);
  return { sandbox, answer: await danm.call(sandbox, "ADD", call) };
};

const ofDelegate: Odd = async ({ danm, node, scripted, call }, { chance, lane }) => {
  const delegate = scripted[lane];
  assert(delegate);
  const sandbox = await danm.createSandboxFor(node, [{ network: "mac", ip: "dynamic" }, { network: delegate.type }]);
  const result = {
    cniVersion: "1.0.0",
    interfaces: [{ name: "eth1", mac: "02:00:00:00:00:01", sandbox: sandbox.netns }],
    ips: [{ address: "192.0.2.7/24", gateway: "192.0.2.1", interface: 0 }],
    routes: [{ dst: "10.7.0.0/16", gw: "192.0.2.1" }],
    dns: { nameservers: ["192.0.2.1"] },
  };
  const text = mutatedJson(chance, result, { rate: chance.one([0, 0.05, 0.2]) });
  const prints = chance.random() < 0.1 ? text.slice(0, chance.below(text.length)) : text;
  const before = chance.random() < 0.9 ? MAKES_LINK : "";
  await delegate.behave({ ADD: { before, prints, exits: chance.random() < 0.1 ? 1 : 0 } });
  return { sandbox, answer: await danm.call(sandbox, "ADD", call) };
};

async function fuzz(world: World, odd: Odd): Promise<void> {
  const codes = new Map<unknown, number>();
  const seeds = Array.from({ length: CALLS }, (_, index) => SEED + index);
  await Promise.all(world.scripted.map(async (_, lane) => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const code = await tryOne(world, { odd, seed, lane });
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  }));
  const { danm, node, scripted } = world;
  assertEquals([await danm.held(), await readRecords(node)], [[], []]);
  for (const delegate of scripted) await delegate.calls();
  toStderr(`codes: ${[...codes].map(([code, times]) => `${code} ${times} times`).join(", ")}`);
  // Otherwise the inputs have become too wild, or too tame.
  assert((codes.get(0) ?? 0) > CALLS / 20 && codes.size > 1, JSON.stringify([...codes]));
}

/** @returns the code of the error; 0 for none */
async function tryOne(world: World, { odd, seed, lane }: { odd: Odd; seed: number; lane: number }): Promise<unknown> {
  const { danm, node, call } = world;
  try {
    const { sandbox, answer } = await odd(world, { chance: new Chance(seed), lane });
    const { code, msg } = (answer.code === 0 ? {} : answer.document ?? {}) as { code?: unknown; msg?: unknown };
    if (answer.code !== 0) {
      assert(typeof code === "number" && typeof msg === "string" && msg !== "", JSON.stringify(answer));
      assert(code !== ErrorCode.Unexpected, msg);
    }
    await danm.del(sandbox, call);
    assertEquals(
      JSON.parse(await inside(sandbox, "ip", "-json", "link")).map(({ ifname }: { ifname: string }) => ifname),
      ["lo"],
    );
    await node.deleteNetns(sandbox.netns);
    return code ?? 0;
  } catch (cause) {
    throw new Error(`seed ${seed}: ${messageOf(cause)}`, { cause });
  }
}
