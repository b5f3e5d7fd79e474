import { assert, assertEquals } from "@std/assert";
import { ErrorCode } from "../../shared/errors.ts";
import { answerOf, type CallOptions, DanmLab, type TestPod } from "../support/danm_lab.ts";
import { DelegateLab, hostTraces } from "../support/delegates/delegate_lab.ts";
import { type FaultProxy, startFaultProxy } from "../support/lab/fault_proxy.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";
import { waitFor } from "../support/wait.ts";

const PARENT = "parent0";
const MAKE_PARENT = `ip link del ${PARENT} 2>/dev/null || true; ip link add ${PARENT} type veth peer name peer0
ip link set ${PARENT} up; ip link set peer0 up`;

/** What happens to a node, as lines of a shell whose first argument is the sandbox's namespace. */
const EVENTS = [
  { what: "the network namespace goes", lines: 'ip netns del "$(basename "$1")"' },
  { what: "the parent goes", lines: `ip link del ${PARENT}` },
] as const;

/** What an ADD says for which a namespace or a parent is missing. */
const EXPECTED: readonly unknown[] = [ErrorCode.InvalidEnvironment, ErrorCode.DelegateFailed, ErrorCode.HostLinkFailed];

const BRIDGE = { type: "bridge", bridge: "brhost", ipam: { type: "host-local", subnet: "10.231.0.0/24" } };

for (const type of ["macvlan", "ipvlan"] as const) {
  labTest(`what happens to the host between two requests leaves nothing behind, with ${type}`, {}, async (t) => {
    await using lab = await startLab({ nodes: 1, nodeKind: type === "macvlan" ? "native" : "auto" });
    const danm = await DanmLab.install(lab);
    const [node] = lab.nodes;
    assert(node);
    const delegates = new DelegateLab(danm);
    const options = { host_device: PARENT, cidr: "10.230.0.0/24", net6: "fd00:230::/64", rt_tables: 150 };
    await delegates.define(
      { name: "host", type, options },
      ...(type === "macvlan" ? [{ name: "leased", type: "bridge", file: BRIDGE }] : []),
    );
    const interfaces = [
      { network: "host", ip: "10.230.0.7", ip6: "dynamic", proutes: { "10.8.0.0/16": "10.230.0.1" } },
      type === "macvlan" ? { network: "leased" } : { network: "host", ip: "dynamic" },
    ];
    const pod = await danm.createPod(node, { interfaces });
    await using proxy = await startFaultProxy(lab);
    const call = delegates.with({ kubeconfig: await proxy.kubeconfig(danm.user(node)) });
    const world: World = { danm, node, pod, proxy, call };
    for (const event of EVENTS) {
      for (const command of ["ADD", "DEL"] as const) {
        await t.step(`${event.what} during ${command}`, () => walkRequests(world, { command, event }));
      }
    }
    assertEquals(await danm.held(), []);
    // Kernels of their own have no nft, and no plugin that would leave anything.
    if (type === "macvlan") assertEquals((await hostTraces(node)).filter((trace) => !/parent0|peer0/.test(trace)), []);
  });
}

interface World {
  readonly danm: DanmLab;
  readonly node: Node;
  readonly pod: TestPod;
  readonly proxy: FaultProxy;
  readonly call: CallOptions;
}

/** Holds each request of a call in turn, and lets it go when the event has happened. */
async function walkRequests(
  world: World,
  { command, event }: { command: "ADD" | "DEL"; event: typeof EVENTS[number] },
): Promise<void> {
  const answers = new Map<unknown, number>();
  for (let step = 1; await tryStep(world, { command, lines: event.lines, step, answers }); step++);
  toStderr(`${command}, ${event.what}: ${[...answers].map(([code, times]) => `${times} times ${code}`).join(", ")}`);
  assertEquals([answers.has("ok"), answers.size > 1], [true, command === "ADD"]);
}

/** @returns false when the call has not so many requests */
async function tryStep(
  { danm, node, pod, proxy, call }: World,
  at: { command: "ADD" | "DEL"; lines: string; step: number; answers: Map<unknown, number> },
): Promise<boolean> {
  const { command, lines, step, answers } = at;
  await node.run(["sh", "-e", "-c", MAKE_PARENT]);
  const sandbox = await danm.createSandbox(node, pod);
  if (command === "DEL") await danm.add(sandbox, call);
  const seen = await proxy.count();
  await proxy.faults.once({ kind: "hold" }, { nth: step });
  const running = await danm.start(sandbox, command, call);
  let over = false;
  void running.result.then(() => over = true);
  const held = await waitFor("the request, or the end of the call", async () => {
    const found = (await proxy.requests(seen)).find(({ fault }) => fault === "hold");
    return found ?? (over ? "none" : undefined);
  }, { timeoutMs: 20_000 });
  if (held !== "none") {
    await node.run(["sh", "-e", "-c", lines, "sh", sandbox.netns]);
    await proxy.release(held);
  }
  const { code, document } = answerOf(await running.result);
  await proxy.faults.clear();
  const what = `${command}, at request ${step}: ${JSON.stringify(document)}`;
  if (code !== 0) {
    assertEquals([command, EXPECTED.includes(document?.["code"])], ["ADD", true], what);
    assertEquals(await danm.leftovers(sandbox), [], `${what}, undone`);
  }
  const answer = code === 0 ? "ok" : document?.["code"];
  if (held !== "none") answers.set(answer, (answers.get(answer) ?? 0) + 1);
  await danm.del(sandbox, call);
  assertEquals(await danm.leftovers(sandbox), [], what);
  await node.run(["ip", "netns", "del", sandbox.netns.slice(sandbox.netns.lastIndexOf("/") + 1)], { check: false });
  return held !== "none";
}
