import { assert, assertEquals, assertMatch } from "@std/assert";
import { messageOf } from "../../shared/errors.ts";
import { DanmLab, type TestPod, type TestSandbox } from "../support/danm_lab.ts";
import { assertClean, settleDoubts } from "../support/faults/audit.ts";
import { type FaultLane, tryAllFaults } from "../support/faults/fault_lanes.ts";
import { callWithFault, checkError, type Disturbed, type FaultCase, SHORT_MS } from "../support/faults/faulty_call.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";

const network = (kind: string, name: string, options: object): object => ({
  apiVersion: "danm.io/v1",
  kind,
  metadata: { name, ...(kind === "DanmNet" && { namespace: "default" }) },
  spec: { NetworkID: name, NetworkType: "macvlan", Options: { host_device: "eth1", ...options } },
});
const NETWORKS = [
  network("DanmNet", "fault", {
    cidr: "10.140.0.0/16",
    allocation_pool: { start: "10.140.128.0" },
    net6: "fd00:140::/64",
  }),
  network("ClusterNetwork", "fault-two", { cidr: "10.141.0.0/24" }),
];

const ADDRESS_IN_USE = 101;

labTest("API faults at every request of ADD and DEL", {}, async () => {
  await using lab = await startLab({ nodes: 2, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  await danm.apply(...NETWORKS);
  await tryAllFaults(danm, (lane) => {
    let count = 0;
    const nextAddress = (): string => `10.140.${lane.number}.${++count}`;
    const world: World = { ...lane, danm, nextAddress };
    return Promise.resolve((fault) => tryFault(world, fault));
  });
  for (const node of lab.nodes) await settleDoubts(danm, node);
  assertEquals(await danm.held(), []);
});

interface World extends FaultLane {
  readonly danm: DanmLab;
  /** Makes the static address of a Pod; each has another one, so that no fault's failure is the next one's. */
  readonly nextAddress: () => string;
}

/** Tries a fault at each request of ADD, then at each of DEL. @returns what came of it */
async function tryFault(world: World, fault: FaultCase): Promise<string> {
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  const pods = await createPods(world);
  for (const command of ["ADD", "DEL"] as const) {
    for (let step = 1;; step++) {
      const sandbox = await world.danm.createSandbox(world.node, pods.pod);
      if (command === "DEL") await world.danm.add(sandbox);
      const options = fault.lasting ? { conf: { timeoutMs: SHORT_MS } } : {};
      const { answer, requests, hit } = await callWithFault(world, { sandbox, command, fault, step, options });
      if (hit) count(`${command} ${answer.code === 0 ? "succeeds" : `fails with code ${answer.document?.["code"]}`}`);
      else assertEquals(answer.code, 0);
      const what = `${fault.name} at request ${step} of ${command} (${hit?.method} ${hit?.path})`;
      try {
        if (hit && answer.code !== 0) checkError(answer, fault);
        await checkState(world, { sandbox, pods, command, answer, hit, fault, requests, what });
      } catch (error) {
        world.failures.push(new Error(`${what}: ${messageOf(error)}; it answered ${JSON.stringify(answer.document)}`));
      }
      if (!hit) break;
    }
  }
  return `${fault.name}: ${[...counts].map(([what, times]) => `${what} ${times} times`).join(", ")}`;
}

/** A Pod, and another one that wants the same address. */
interface Pods {
  readonly pod: TestPod;
  readonly rival: TestPod;
  readonly address: string;
}

async function createPods({ danm, node, nextAddress }: World): Promise<Pods> {
  const address = nextAddress();
  const pod = await danm.createPod(node, {
    interfaces: [
      { network: "fault", ip: address, ip6: "dynamic" },
      { clusterNetwork: "fault-two", ip: "dynamic" },
    ],
  });
  return { pod, rival: await danm.createPod(node, { interfaces: [{ network: "fault", ip: address }] }), address };
}

/** The API and the kernel have all of the sandbox, or nothing; and after DEL nothing in any case. */
async function checkState(
  world: World,
  call: Disturbed & {
    sandbox: TestSandbox;
    pods: Pods;
    command: string;
    fault: FaultCase;
    what: string;
  },
): Promise<void> {
  const { danm, node } = world;
  const { sandbox, pods, command, answer, hit, fault, requests, what } = call;
  // Who detaches has asked for nothing new, but for what its ADD did.
  const asked = command === "ADD" ? requests : [];
  if (command === "ADD" && answer.code === 0) {
    await checkAttached(world, { sandbox, pods });
    if (hit?.method === "POST") await checkInUse(world, pods);
  } else if (answer.code !== 0 && command === "ADD" && !fault.lasting) {
    await assertClean(danm, sandbox, { what: `${what}, undone`, requests: asked });
  }
  await danm.del(sandbox);
  await assertClean(danm, sandbox, { what, requests: asked });
  await node.deleteNetns(sandbox.netns);
}

async function checkAttached({ danm }: World, { sandbox, pods }: { sandbox: TestSandbox; pods: Pods }): Promise<void> {
  const held = (await danm.held()).filter(({ containerID }) => containerID === sandbox.containerID);
  assertEquals(held.map(({ kind }) => kind).sort(), ["DanmEp", "DanmEp", "DanmIp", "DanmIp", "DanmIp"]);
  const { stdout } = await sandbox.node.run(["nsenter", `--net=${sandbox.netns}`, "ip", "-json", "address"]);
  const links: { ifname: string; addr_info: { local: string; scope: string }[] }[] = JSON.parse(stdout);
  const kernel = links.filter(({ ifname }) => ifname !== "lo").flatMap(({ addr_info }) =>
    addr_info.filter(({ scope }) => scope === "global").map(({ local }) => local)
  );
  assertEquals(kernel.length, 3, `addresses in the kernel: ${kernel}`);
  assert(kernel.includes(pods.address));
}

async function checkInUse({ danm, node }: World, { pod, rival, address }: Pods): Promise<void> {
  const sandbox = await danm.createSandbox(node, rival);
  const { code, msg } = await danm.fail(sandbox, "ADD");
  assertEquals(code, ADDRESS_IN_USE);
  assertMatch(msg, new RegExp(`^address ${address} of .* is in use by Pod ${pod.namespace}/${pod.name},`));
  assertEquals(await danm.leftovers(sandbox), []);
  await node.deleteNetns(sandbox.netns);
}
